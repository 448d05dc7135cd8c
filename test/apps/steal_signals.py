"""Takes every signal that the zygote lives by, and refuses the second fork."""

import errno
import os
import signal

from tsuwsgi import native  # the zygote has its system calls from there

real_fork, forks = native.fork, []


def fork():
    forks.append(1)
    if len(forks) == 2:
        raise OSError(errno.EAGAIN, "refused on purpose")
    return real_fork()


def leave(_number, _frame):
    os._exit(3)


native.fork = fork
signal.set_wakeup_fd(-1)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(name, leave)


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
