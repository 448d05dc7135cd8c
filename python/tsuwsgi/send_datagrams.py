"""Sends lines of the log to a Unix datagram socket: the system's log, the journal, or any other.

The first argument is the socket's path. On standard input comes a length (u32, little-endian) and so many bytes,
for each datagram; its end is ours. The socket may come, go and come again: what cannot be sent meanwhile is
counted, and told when it can be.
"""
import os
import socket
import struct
import sys

_LENGTH = struct.Struct("<I")


def main():
    """Send until the input ends."""
    path = os.fsencode(sys.argv[1])
    lines = sys.stdin.buffer
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    lost, reason = 0, ""
    while True:
        head = lines.read(_LENGTH.size)
        if len(head) < _LENGTH.size:
            return
        line = lines.read(_LENGTH.unpack(head)[0])
        try:
            if lost:
                text = "tsuwsgi: %d lines of the log were lost: %s\n" % (lost, reason)
                sender.sendto(text.encode(), path)
                lost = 0
            sender.sendto(line, path)
        except OSError as error:
            lost += 1
            reason = error.strerror or str(error)


if __name__ == "__main__":
    main()
