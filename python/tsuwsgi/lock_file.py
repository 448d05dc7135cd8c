"""Locks an open file for whoever passed it on as descriptor 3, and ends.

An "open file description" lock belongs to the open file and not to a process, so it lasts as long as the
other has the file open, and it meets the locks of uWSGI, which are fcntl's.
"""
import errno
import fcntl
import struct
import sys

_LOCK = 3
# Numbers of Linux; Python has names for them since 3.9.
_F_OFD_SETLK = 37
_F_OFD_SETLKW = 38
# struct flock: type, whence, start, length (0 is all), process id (must be 0)
_WHOLE_FILE = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)


def main():
    """The exit code: 0 locked, 1 somebody else has it, 2 the system refuses, and why on standard output."""
    command = _F_OFD_SETLKW if sys.argv[1] == "wait" else _F_OFD_SETLK
    try:
        fcntl.fcntl(_LOCK, command, _WHOLE_FILE)
        return 0
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return 1
        print(error.strerror)
        return 2


if __name__ == "__main__":
    sys.exit(main())
