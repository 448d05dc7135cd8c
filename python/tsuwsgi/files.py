"""Files as answers (wsgi.file_wrapper): the front is lent a descriptor and sends the bytes itself."""
import io
import os
import stat
import sys

from tsuwsgi import frames

# More than these at a time and the bytes go through Python: as many as a core can have requests in hand.
_MAX_LENT = 16
_STREAM_BUFFER = 1 << 16
# Below, a read and a frame cost less than what the front has to do to send a file.
SMALL = 1 << 17

_BUFFERED = (io.BufferedReader, io.BufferedRandom)


class Unreadable(io.RawIOBase):
    """Stands for a request body whose file could not be opened: reading raises."""

    def __init__(self, error):
        self._error = error

    def readable(self):
        return True

    def readinto(self, buffer):
        raise self._error


def open_place(place):
    """The file that the front has open at a place (see frames.PLACE): a spooled request body, as wsgi.input."""
    pid, descriptor, inode, _, _ = frames.PLACE.unpack(place)
    try:
        file = open("/proc/%d/fd/%d" % (pid, descriptor), "rb", _STREAM_BUFFER)
        if os.fstat(file.fileno()).st_ino == inode:
            return file
        file.close()
        raise FileNotFoundError("the file of the request body is gone")
    except OSError as error:
        return io.BufferedReader(Unreadable(error))


class FileWrapper:
    """wsgi.file_wrapper: the parts of a file-like object (PEP 3333, optional file handling)."""

    def __init__(self, filelike, blksize=65536):
        self.filelike = filelike
        self.blksize = blksize
        if hasattr(filelike, "close"):
            self.close = filelike.close

    def __iter__(self):
        return self

    def __next__(self):
        data = self.filelike.read(self.blksize)
        if data:
            return data
        raise StopIteration


def rest_of(wrapper):
    """The real file behind a FileWrapper with its inode, its position and how much is left, or None.

    Only a file that Python itself reads without changing anything counts: what a GzipFile or an object with a
    read() of its own gives is not what is in the file of its fileno().
    """
    try:
        filelike = wrapper.filelike
        temporary = sys.modules.get("tempfile")
        if temporary is not None and type(filelike) is temporary._TemporaryFileWrapper:
            filelike = filelike.file
        # The object itself, or the file that another object, such as Django's File, takes its read() from.
        file = getattr(filelike.read, "__self__", None)
        if type(file) in _BUFFERED:
            if type(file.raw) is not io.FileIO:
                return None
            if type(file) is io.BufferedRandom:
                file.flush()
        elif type(file) is not io.FileIO:
            return None
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            return None
        position = file.tell()
        return file, about.st_ino, position, max(0, about.st_size - position)
    except (AttributeError, OSError, ValueError):
        return None


def read_all(file, length):
    """The next bytes of a file; fewer when it has become shorter."""
    parts = []
    while length:
        part = file.read(length)
        if not part:
            break
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


class Lender:
    """The descriptors that one core has lent to the front and must keep until it hears that they were opened."""

    def __init__(self):
        self._lent = {}  # number of the request -> descriptor

    def lend(self, number, file):
        """A descriptor for the front to open, or None when there is none to be had.

        It is opened as the front will, which may fail: not every open file can be opened again.
        """
        if len(self._lent) >= _MAX_LENT:
            return None
        try:
            descriptor = os.open("/proc/self/fd/%d" % file.fileno(), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return None
        self._lent[number] = descriptor
        return descriptor

    def opened(self, number):
        """The front has opened what it was lent for a request, or has no more use for it."""
        descriptor = self._lent.pop(number, None)
        if descriptor is not None:
            os.close(descriptor)

    def close(self):
        """There is no front any more."""
        for number in list(self._lent):
            self.opened(number)
