"""Standard output and error of the application's processes, which are its log."""
import io
import sys


class _Log(io.FileIO):
    """What cannot be written is lost: a full disk would otherwise fail every request that says something."""

    def write(self, data):
        try:
            return io.FileIO.write(self, data)
        except OSError:
            return len(data)


def never_fail():
    """Have the application's own writing to its log never raise, as if there were room for it."""
    for name in ("stdout", "stderr"):
        old = getattr(sys, name)
        if old is None:  # closed before the start
            continue
        raw = _Log(old.fileno(), "w", closefd=False)
        raw.name = "<%s>" % name
        buffer = raw if isinstance(old.buffer, io.RawIOBase) else io.BufferedWriter(raw)
        new = io.TextIOWrapper(buffer, old.encoding, old.errors, line_buffering=old.line_buffering,
                               write_through=old.write_through)
        new.mode = "w"
        setattr(sys, name, new)
        setattr(sys, "__%s__" % name, new)
