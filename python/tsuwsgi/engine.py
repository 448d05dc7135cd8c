"""Engines: what runs the cores of a worker, threads or the greenlets of an event loop.

An engine has these methods, called in this order; only the first two run in the zygote:

    prepare()     the last word before the application is imported: early monkey patching
    check()       after an import in the zygote: what to warn about, or None
    enter()       first in a worker: an event loop of its own in place of one that the zygote may have made
    patch()       in a worker that has its application: late monkey patching
    run(cores)    runs every core's serve() until the last has returned

and for its cores `cooperative(sock)`, which makes of a connected socket what recv_into, sendall and close are
called on, `sleep(seconds)`, `ident()`, which tells who runs a core, and `greenlets`: whether cores share one
thread, so that they give up their turn only in these calls. `interrupt(ending)` ends the request of a core that is
overdue (ending.py); it is called by a signal's handler in the process's first thread (overdue.py).
"""
import importlib
import threading
from _thread import get_ident

from tsuwsgi import native
from tsuwsgi.ending import Harakiri
from tsuwsgi.overdue import raise_in_thread


class EngineError(Exception):
    """The engine cannot be used with this interpreter; the text is for whoever started the server."""


def make_engine(setting):
    """The engine of an EngineSetting (src/settings/engine.ts); raises EngineError."""
    kind = setting["kind"]
    if kind == "threads":
        return Threads()
    package = "greenlet" if kind == "asyncio" else kind
    try:
        importlib.import_module(package)
        module = importlib.import_module("tsuwsgi.engine_" + kind)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise _unusable(kind, package, error) from error
        raise EngineError(
            "`%s` needs the Python package %s, which this interpreter does not find: install it, or use `threads`"
            % (kind, package)) from error
    except Exception as error:
        raise _unusable(kind, package, error) from error
    return module.Engine(setting)


def _unusable(kind, package, error):
    return EngineError("`%s`: the Python package %s cannot be imported: %s: %s"
                       % (kind, package, type(error).__name__, error))


class Threads:
    """Cores as threads, one each; the first is the process's own."""

    greenlets = False
    # KiB that each thread has; 0: the system's choice.
    stack = 0

    def prepare(self):
        pass

    def check(self):
        return None

    def enter(self):
        pass

    def patch(self):
        pass

    def cooperative(self, sock):
        return sock

    def sleep(self, seconds):
        native.sleep(seconds)

    ident = staticmethod(get_ident)

    def interrupt(self, ending):
        if ending.ident == get_ident():
            raise Harakiri()
        ending.interrupt(raise_in_thread)

    def run(self, cores):
        before = threading.stack_size(self.stack * 1024) if self.stack else None
        ends = [_start(core.serve, "core %d" % (index + 1)) for index, core in enumerate(cores[1:])]
        if before is not None:  # threads of the application's own are not ours to size
            threading.stack_size(before)
        cores[0].serve()
        for wait in ends:
            wait()


def _start(serve, name):
    """Start a thread; returns a function that waits for its end."""
    if threading.Lock is native.Lock:
        thread = threading.Thread(target=serve, name=name, daemon=True)
        thread.start()
        return thread.join
    # The application has put greenlets in the place of threads; a core is a real one all the same.
    ended = native.Lock()
    ended.acquire()

    def run():
        try:
            serve()
        finally:
            ended.release()

    native.start_new_thread(run, ())
    return ended.acquire
