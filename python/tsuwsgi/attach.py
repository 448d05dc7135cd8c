"""Becomes a program that runs beside the server: what has to be done between fork and exec, which Node cannot.

Node has made this process the leader of a session already.
The order is JSON in the first argument. Exit code 126: it could not be done, and why is on standard error.
"""
import fcntl
import json
import os
import select
import signal
import stat
import sys

# The master's end of this socket pair closes when the master dies, by whatever.
_MASTER = 3

_PR_SET_PDEATHSIG = 1  # prctl(2)
_CLONE_NEWPID = 0x20000000  # unshare(2)

FAILED = 126


def main():
    """Carry out the order; returns only when that failed."""
    order = json.loads(sys.argv[1])
    try:
        attach(order)
    except OSError as error:
        sys.stderr.write("tsuwsgi: cannot start %r: %s\n" % (order["command"], error))
    return FAILED


def attach(order):
    """Prepare this process as ordered, and turn it into the program."""
    for output in (1, 2):
        if stat.S_ISFIFO(os.fstat(output).st_mode):  # see ownDescription of src/launch/log.ts
            os.set_blocking(output, True)
    close_others(_MASTER if order["bound"] else 2)
    if order["nsPid"]:
        unshare_pids()  # while there may still be the right to it
    if order["chdir"] is not None:
        os.chdir(order["chdir"])
    become(order["uid"], order["gid"])
    if order["daemonize"]:
        go_into_background(order["pidfile"])
    if order["bound"]:
        bind_to_master()
    if order["nsPid"]:
        run_inside(order)
    execute(order)


def close_others(last):
    """Close the descriptors above, which whoever started the server has left open."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) > last:
            try:
                os.close(int(name))
            except OSError:
                pass  # that of the listing itself


def become(uid, gid):
    """Change the user and the group; 0 leaves them."""
    if (uid or gid) and os.geteuid() == 0:
        os.setgroups([gid or os.getgid()])
    if gid:
        os.setgid(gid)
    if uid:
        os.setuid(uid)


def go_into_background(pidfile):
    """Fork, so that whoever started this process sees it end, and write the child's number."""
    if os.fork():
        os._exit(0)
    os.setsid()
    # Not over the old one: a reader must never meet half a number.
    written = "%s.%d" % (pidfile, os.getpid())
    with open(written, "w") as file:
        file.write("%d\n" % os.getpid())
    os.rename(written, pidfile)


def bind_to_master():
    """Have the kernel kill the program when the master dies without a word.

    Once by the process, as uWSGI does, which is lost on what the program starts, and once by its group, which
    is lost when the program closes the descriptor: a program that does either does not do both.
    """
    death_signal()
    fcntl.fcntl(_MASTER, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(_MASTER, fcntl.F_SETOWN, -os.getpid())
    fcntl.fcntl(_MASTER, fcntl.F_SETFL, fcntl.fcntl(_MASTER, fcntl.F_GETFL) | fcntl.FASYNC)
    if select.select([_MASTER], [], [], 0)[0]:
        os._exit(FAILED)  # it died a moment before
    os.set_inheritable(_MASTER, True)


def death_signal():
    """SIGKILL when the parent dies, where there is ctypes."""
    library = libc()
    if library is not None:
        library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def unshare_pids():
    """Let the next child be process 1 of a namespace of its own."""
    library = libc()
    if library is None:
        raise OSError("ns_pid needs Python's ctypes, which this Python lacks")
    if library.unshare(_CLONE_NEWPID):
        import ctypes

        number = ctypes.get_errno()
        raise OSError(number, "ns_pid: %s" % os.strerror(number))


def run_inside(order):
    """Run the program as the namespace's first process, and end as it does."""
    child = os.fork()
    if child == 0:
        death_signal()
        execute(order)
    # The signals go to the group, so the program has its own.
    for number in range(1, signal.NSIG):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass  # SIGKILL, SIGSTOP, and the C library's own
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, status = os.waitpid(child, 0)
    os._exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))


def libc():
    """The C library; None without ctypes."""
    try:
        import ctypes
    except ImportError:
        return None
    return ctypes.CDLL(None, use_errno=True)


def execute(order):
    """Become the shell that runs the command."""
    # What Python ignores for itself the program would inherit.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.execv("/bin/sh", ["/bin/sh", "-c", order["command"]])


if __name__ == "__main__":
    sys.exit(main())
