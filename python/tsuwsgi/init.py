"""The first process of a container, or the one below it: reaps what nobody else does, and passes signals on.

Arguments: the command to run. As process 1 it inherits every orphan of the container; otherwise it becomes
the subreaper of what it starts (PR_SET_CHILD_SUBREAPER of prctl(2)). It ends as its command ends.
"""
import os
import signal
import sys

# The command gets these from the start; what they do before it has a handler, to end, is right.
_ENDING = {signal.SIGINT, signal.SIGQUIT, signal.SIGTERM}
# What cannot be caught, and what tells a process of a fault of its own.
_NOT_TO_PASS = {
    signal.SIGKILL,
    signal.SIGSTOP,
    signal.SIGCHLD,
    signal.SIGPIPE,
    signal.SIGABRT,
    signal.SIGBUS,
    signal.SIGFPE,
    signal.SIGILL,
    signal.SIGSEGV,
    signal.SIGSYS,
    signal.SIGTRAP,
}
# All others only when it has a handler (any can have one, by `unix_signal` of the configuration): process 1 has no
# default actions, so nothing may come of them.
_OTHERS = signal.valid_signals() - _ENDING - _NOT_TO_PASS
_PR_SET_CHILD_SUBREAPER = 36


def main(command):
    """Run the command; returns its exit code, 128 and the number of the signal that killed it."""
    heeded = _ENDING | _OTHERS | {signal.SIGCHLD}
    # Blocked, they wait until they are asked for.
    signal.pthread_sigmask(signal.SIG_BLOCK, heeded)
    if os.getpid() != 1:
        become_subreaper()
    child = start(command, heeded)
    while True:
        number = signal.sigwait(heeded)
        if number == signal.SIGCHLD:
            code = reap(child)
            if code is not None:
                return code
        elif number in _ENDING or is_caught(child, number):
            os.kill(child, number)


def become_subreaper():
    """Inherit the orphans of all that is started from here."""
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def start(command, heeded):
    """Start the command in a session of its own, where it gets the terminal's signals from here only."""
    child = os.fork()
    if child:
        return child
    os.setsid()
    environment = dict(os.environ, TSUWSGI_INIT="1")
    for name in ("LISTEN_PID", "WATCHDOG_PID"):
        if environment.get(name) == "1":  # they were meant for what runs the server
            environment[name] = str(os.getpid())
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)  # Python ignores them
    signal.pthread_sigmask(signal.SIG_UNBLOCK, heeded)
    os.execve(command[0], command, environment)


def reap(child):
    """Take leave of all that has ended; the command's exit code when it has."""
    code = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if pid == 0:
            return code
        if pid == child:
            code = 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def is_caught(pid, number):
    """Whether a process has a handler for a signal; see SigCgt in proc(5)."""
    try:
        with open("/proc/%d/status" % pid) as status:
            caught = next(line for line in status if line.startswith("SigCgt:"))
    except (OSError, StopIteration):
        return True
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
