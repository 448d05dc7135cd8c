"""Bodies of requests that are still on their way."""
import io


class ClientDisconnected(OSError):
    """The client went away before its request body was complete, or the answer to it."""


def _over():
    raise ValueError("wsgi.input was read after its request had ended")


class StreamedBody(io.RawIOBase):
    """A request body that is still on its way; wrapped in a BufferedReader it is wsgi.input."""

    def __init__(self, next_part):
        """next_part() gives the next bytes, b"" at the end; it raises ClientDisconnected."""
        self._next_part = next_part
        self._rest = b""

    def readable(self):
        return True

    def end(self):
        """The request is over: what comes on the core's socket now belongs to the next one."""
        self._next_part = _over
        self._rest = b""

    def readinto(self, buffer):
        if not self._rest:
            self._rest = memoryview(self._next_part())
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
