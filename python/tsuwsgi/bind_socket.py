"""Does with sockets what Node cannot: sets their options before they are bound, and looks at inherited ones.

The order is JSON in the first argument. Binding hands the descriptor over Node's own channel
(NODE_CHANNEL_FD) in the form of the messages that Node children send. What there is to say is one JSON
object on standard output; exit code 0: done, 1: not, and why.
"""
import array
import errno
import json
import os
import socket
import sys

_HANDLE = b'{"cmd":"NODE_HANDLE","type":"net.Native","msg":"bound"}\n'

_FAMILIES = {"inet": socket.AF_INET, "inet6": socket.AF_INET6, "unix": socket.AF_UNIX}

# By the names that uWSGI's options have; numbers of Linux where this Python has no name for one.
_OPTIONS = {
    "reuse-port": (socket.SOL_SOCKET, getattr(socket, "SO_REUSEPORT", 15)),
    "freebind": (socket.IPPROTO_IP, getattr(socket, "IP_FREEBIND", 15)),
    "so-keepalive": (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
    "socket-sndbuf": (socket.SOL_SOCKET, socket.SO_SNDBUF),
    "socket-rcvbuf": (socket.SOL_SOCKET, socket.SO_RCVBUF),
    "tcp-fast-open": (socket.IPPROTO_TCP, getattr(socket, "TCP_FASTOPEN", 23)),
}

# The descriptor to look at, as Node passes it.
_INHERITED = 3


class Refused(Exception):
    """Why an order is not carried out: what Node is told."""


def main():
    """Carries out the order."""
    order = json.loads(sys.argv[1])
    try:
        if order["do"] == "look":
            said = look(_INHERITED)
        elif order["do"] == "notify":
            return pass_on(connect_to_manager(order["socket"]))
        else:
            return hand_over(bind(order))
    except Refused as refused:
        print(json.dumps(refused.args[0]))
        return 1
    print(json.dumps(said))
    return 0


def bind(order):
    """A bound socket that does not listen."""
    family = _FAMILIES[order["family"]]
    bound = socket.socket(family, socket.SOCK_STREAM)
    if family != socket.AF_UNIX:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        # As Node, and uWSGI: `[::]` takes IPv4 as well.
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    for name, value in order["options"].items():
        level, number = _OPTIONS[name]
        try:
            bound.setsockopt(level, number, value)
        except OSError as error:
            raise Refused({"error": code(error), "option": name}) from error
    where = order["path"] if family == socket.AF_UNIX else (order["host"], order["port"])
    try:
        bound.bind(os.fsencode(where) if family == socket.AF_UNIX else where)
    except OSError as error:
        raise Refused({"error": code(error)}) from error
    return bound


def hand_over(bound):
    """Gives the socket to Node; the exit code."""
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


def connect_to_manager(where):
    """A socket on which each write is a message to a service manager; see sd_notify(3)."""
    if where[:1] not in ("/", "@"):
        raise Refused({"reason": "it is neither a path nor an abstract name"})
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    # A manager that does not read must not hold up the master.
    manager.setblocking(False)
    try:
        manager.connect("\0" + where[1:] if where[0] == "@" else where)
    except OSError as error:
        raise Refused({"error": code(error)}) from error
    return manager


def pass_on(manager):
    """Gives Node a socket that it has no handle for, by its inode, as src/launch/systemd/notify-socket.ts says."""
    channel = socket.socket(fileno=int(os.environ["NODE_CHANNEL_FD"]))
    channel.setblocking(True)
    said = json.dumps({"inode": os.fstat(manager.fileno()).st_ino}).encode() + b"\n"
    descriptors = array.array("i", [manager.fileno(), channel.fileno()])
    try:
        channel.sendmsg([said], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
    except ConnectionError:
        return 1  # Node has been killed: nobody is left to tell
    return 0


def look(descriptor):
    """What is bound to an inherited descriptor: host and port, path, or abstract name."""
    inherited = socket.socket(fileno=descriptor)
    if inherited.type != socket.SOCK_STREAM:
        raise Refused({"reason": "it is not a stream socket, as TCP's and Unix ones can be"})
    if inherited.family in (socket.AF_INET, socket.AF_INET6):
        host, port = inherited.getsockname()[:2]
        said = {"family": inherited.family.name, "host": host, "port": port}
        unbound = port == 0
    elif inherited.family == socket.AF_UNIX:
        name = inherited.getsockname()
        unbound = not name
        # Python gives an abstract name as bytes, with its NUL in front.
        if isinstance(name, bytes) and name[:1] == b"\0":
            said = {"family": "AF_UNIX", "abstract": os.fsdecode(name[1:])}
        else:
            said = {"family": "AF_UNIX", "path": os.fsdecode(name)}
    else:
        raise Refused({"reason": "it is neither a TCP nor a Unix socket"})
    if unbound:
        raise Refused({"reason": "it is not bound to an address"})
    if connected(inherited):
        raise Refused({"reason": "it is a connection, not a socket that connections come to"})
    return said


def connected(inherited):
    """Whether there is a peer."""
    try:
        inherited.getpeername()
    except OSError:
        return False
    return True


def code(error):
    """The name of a system's error."""
    return errno.errorcode.get(error.errno or 0, str(error))


if __name__ == "__main__":
    sys.exit(main())
