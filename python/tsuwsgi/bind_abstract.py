"""Binds a Linux abstract socket by its exact name and hands it to the Node process that started us.

Node 20 pads such names with zero bytes, so that no other program could connect. The descriptor goes
over Node's own channel (NODE_CHANNEL_FD) in the form of the messages that Node children send.
"""
import array
import os
import socket
import sys

_HANDLE = b'{"cmd":"NODE_HANDLE","type":"net.Native","msg":"bound"}\n'


def main():
    """argv: the name without its @. Exit code 0: handed over; 1: not, and why is on standard output."""
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        bound.bind(b"\0" + os.fsencode(sys.argv[1]))
    except OSError as error:
        print(error.strerror or error)
        return 1
    channel = socket.socket(fileno=int(os.environ["NODE_CHANNEL_FD"]))
    channel.setblocking(True)
    descriptors = array.array("i", [bound.fileno()])
    try:
        channel.sendmsg([_HANDLE], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
        # Node answers when it has taken the descriptor.
        while True:
            data = channel.recv(4096)
            if data.endswith(b"\n"):
                return 0
            if not data:
                return 1
    except ConnectionError:
        return 1  # Node has been killed: nobody is left to tell


if __name__ == "__main__":
    sys.exit(main())
