"""Which files the modules of this process were read from, and in what state: for `py-auto-reload`.

The master looks at the files. It must know in what state a module was read, not in what state its file was
when somebody looked first: an edit in between would never be noticed. So each import tells, from inside of
Python's own loaders, which are changed for it; without the option nothing here is done.
"""
import json
import os
import select
import sys
import time
from importlib.machinery import ExtensionFileLoader, SourceFileLoader

from tsuwsgi import native

# Python keeps the time of a source file in whole seconds in what it caches, so that an edit in the same second
# to something of the same length would go unnoticed. Files so young are neither cached nor read from the cache.
_YOUNG_SECONDS = 2

_state = None  # a Recorder, once recording


def record(ignored):
    """Begin to note what is imported; ignored are the names of modules that are not looked at."""
    global _state
    if _state is None:
        _state = Recorder(frozenset(ignored))
        _before(SourceFileLoader, "path_stats", _note_source)
        _before(ExtensionFileLoader, "create_module", lambda loader: note(loader.name, loader.path))


def note(name, path):
    """A module is about to be read from a file. Nothing happens unless recording."""
    if _state is not None:
        _state.note(name, path)


def take():
    """What was noted since the last time, as the master's messages have it."""
    if _state is None:
        return []
    _state.note_all()
    return _state.take()


def tell_rest():
    """In a worker that has loaded its application: write what came by another way than Python's own loaders."""
    if _state is not None:
        _state.note_all()


def tell(descriptor):
    """In a worker: write what is noted from here on to a pipe, one JSON line each."""
    if _state is not None:
        _state.descriptor = descriptor


def _before(kind, method, act):
    """Have act(loader) called before a method of a class of loaders."""
    own = getattr(kind, method)

    def acting(self, *args):
        act(self)
        return own(self, *args)

    setattr(kind, method, acting)


def _note_source(loader):
    note(loader.name, loader.path)
    if abs(time.time() - os.stat(loader.path).st_mtime) < _YOUNG_SECONDS:
        raise OSError("%s is too young to be cached" % loader.path)  # importlib goes on without its cache


class Recorder:
    """What was noted."""

    def __init__(self, ignored):
        self.descriptor = None
        self._ignored = ignored
        self._known = set()
        self._noted = []

    def note(self, name, path):
        if name in self._ignored or not isinstance(path, str):
            return
        path = os.path.abspath(path)
        try:
            status = os.stat(path)
        except OSError:
            return
        stamp = "%d-%d" % (status.st_mtime_ns, status.st_size)
        self._known.add(path)
        if self.descriptor is None:
            self._noted.append({"path": path, "stamp": stamp})
            return
        line = json.dumps({"path": path, "stamp": stamp}).encode() + b"\n"
        if len(line) > select.PIPE_BUF:
            return  # lines of several workers would mix
        try:
            native.write(self.descriptor, line)
        except OSError:
            pass  # the zygote is gone, and this worker soon is

    def note_all(self):
        """Note the modules that came by another way: before recording, or by loaders of their own."""
        for name, module in list(sys.modules.items()):
            path = getattr(module, "__file__", None)
            if isinstance(path, str) and os.path.abspath(path) not in self._known:
                self.note(name, path)

    def take(self):
        noted, self._noted = self._noted, []
        return noted
