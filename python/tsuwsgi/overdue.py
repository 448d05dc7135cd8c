"""Requests that take longer than harakiri: their stacks in the log, and the end of one alone.

The zygote sends a worker the signal OVERDUE, after the front has written the number of the request that is to end
into the core's counters (see src/launch/protocol/counters.ts). faulthandler then writes the stacks of all threads,
even while C code holds the interpreter. Python's own handler follows where it may help: it writes the stacks of
greenlets, which are no threads, and raises Harakiri in the core that is meant. The rest of the worker goes on.
"""
import faulthandler
import signal
import sys
import traceback

from tsuwsgi import native
from tsuwsgi.ending import Harakiri
from tsuwsgi.wsgi import run

# Applications use SIGUSR1 and the like; the last of the real-time signals nobody uses.
OVERDUE = signal.SIGRTMAX - 1

_MAX_GREENLETS = 64  # whose stacks are written, so that thousands do not fill the log


def prepare(cores, engine, alone):
    """Be ready for the signal; to be called in the worker's first thread.

    alone tells whether requests may be ended alone; else the signal only has stacks written.
    """
    python = alone or engine.greenlets
    if python:
        native.signal(OVERDUE, _handler([core.ending for core in cores], engine))
    try:
        faulthandler.register(OVERDUE, file=sys.__stderr__, all_threads=True, chain=python)
    except (AttributeError, ValueError, RuntimeError, OSError):
        pass  # no such file, or not there in this interpreter: the log has no stacks then


def _handler(endings, engine):
    at_it = again = False

    def end_overdue(_number, _frame):
        nonlocal at_it, again
        again = True
        if at_it:
            return  # a signal came while an engine let what it had ended run on
        at_it = True
        try:
            while again:
                again = False
                if engine.greenlets:
                    _write_greenlets(endings)
                _end_all(endings, engine)
        finally:
            at_it = False

    return end_overdue


def _end_all(endings, engine):
    own = engine.ident()
    # The one that was running last, because there the exception leaves these functions.
    for ending in sorted(endings, key=lambda ending: ending.ident == own):
        if ending.newly_due():
            try:
                engine.interrupt(ending)
            except Exception:  # no memory, perhaps; it would meet whatever the first thread is at
                _log("tsuwsgi: a request cannot be ended alone:\n" + traceback.format_exc())


def _write_greenlets(endings):
    """Write where the greenlets are that answer a request; the one that runs is among the threads."""
    try:
        frames = [(ending.number, ending.ident.gr_frame) for ending in endings if ending.ident is not None]
        answering = [(number, frame) for number, frame in frames if _answers(frame)]
        for number, frame in answering[:_MAX_GREENLETS]:
            _log("Greenlet of core %d:\n%s"
                 % (number, "".join(traceback.format_stack(frame))))
        if len(answering) > _MAX_GREENLETS:
            _log("tsuwsgi: the stacks of %d more greenlets are left out\n" % (len(answering) - _MAX_GREENLETS))
    except Exception:  # it would meet whatever the first thread is at
        _log("tsuwsgi: the stacks of greenlets cannot be written:\n" + traceback.format_exc())


def _answers(frame):
    """Whether a greenlet that stands there answers a request; None is one that runs, or has not begun."""
    while frame is not None:
        if frame.f_code is run.__code__:
            return True
        frame = frame.f_back
    return False


def _log(text):
    """Write to the log; a log that cannot be written harms nobody."""
    try:
        sys.__stderr__.write(text)
        sys.__stderr__.flush()
    except Exception:
        pass


def raise_in_thread(ident, on):
    """Have a thread raise Harakiri when it next runs Python code, or with on false take that back.

    A call that waits in C is not ended.
    """
    try:
        from ctypes import c_ulong, py_object, pythonapi
    except ImportError:
        return
    pythonapi.PyThreadState_SetAsyncExc(c_ulong(ident), py_object(Harakiri) if on else None)
