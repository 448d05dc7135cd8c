"""What an application can ask of the server, in a request that it is answering."""
from tsuwsgi import worker
from tsuwsgi.ending import Harakiri  # noqa: F401 (for applications that clear up after it)


def set_harakiri(seconds):
    """Give the present request so many seconds from now; 0 takes that back. `harakiri` goes on counting.

    As uwsgi.set_user_harakiri. To be called in the thread
    or greenlet that was given the request; elsewhere, and outside of a worker, it raises RuntimeError. The same
    function is in the environ, as `tsuwsgi.harakiri`.
    """
    worker.set_deadline(seconds)
