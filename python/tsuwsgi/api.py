"""What an application can ask of the server, in a request that it is answering."""
from tsuwsgi import worker
from tsuwsgi.overdue import Harakiri  # noqa: F401 (for applications that clear up after it)


def set_harakiri(seconds):
    """Give the present request so many seconds from now, whatever `harakiri` says; 0 takes that back.

    As uwsgi.set_user_harakiri: the time limit of the configuration goes on counting. To be called in the thread
    or greenlet that was given the request; elsewhere, and outside of a worker, it raises RuntimeError.
    """
    seconds = int(seconds)
    if seconds < 0:
        raise ValueError("set_harakiri needs a number of seconds, 0 or more, not %d" % seconds)
    worker.set_deadline(seconds)
