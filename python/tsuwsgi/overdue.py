"""Requests that take longer than harakiri: their stacks in the log, and the end of one alone.

The zygote sends a worker the signal OVERDUE, after the front has written the number of the request that is to end
into the core's counters (see src/launch/protocol/counters.ts). faulthandler then writes the stacks of all threads,
even while C code holds the interpreter; where a worker has several cores, Python's own handler follows and raises
Harakiri in the one that is meant. The rest of the worker goes on.
"""
import faulthandler
import signal
import sys

# Applications use SIGUSR1 and the like; the last of the real-time signals nobody uses.
OVERDUE = signal.SIGRTMAX - 1


class Harakiri(BaseException):
    """The request has taken too long. No Exception, so that applications do not catch it by chance."""

    def __init__(self):
        super().__init__("the request took longer than harakiri")


def prepare(cores, engine):
    """Be ready for the signal; to be called in the worker's first thread."""
    several = len(cores) > 1

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
                end_all()
        finally:
            at_it = False

    def end_all():
        own = engine.ident()
        # The one that was running last, because there the exception leaves these functions.
        for core in sorted(cores, key=lambda core: core.ident == own):
            if core.overdue() and core.first_call():
                engine.interrupt(core)

    if several:
        signal.signal(OVERDUE, end_overdue)
    try:
        faulthandler.register(OVERDUE, file=sys.__stderr__, all_threads=True, chain=several)
    except (AttributeError, ValueError, OSError):
        pass  # no such file, or not there in this interpreter: the log has no stacks then


def raise_in_thread(ident):
    """Have a thread raise Harakiri when it next runs Python code; a call that waits in C is not ended."""
    try:
        from ctypes import c_ulong, py_object, pythonapi
    except ImportError:
        return
    pythonapi.PyThreadState_SetAsyncExc(c_ulong(ident), py_object(Harakiri))
