"""What a worker does before its first request and after its last, beside serving."""
import atexit
import sys

from tsuwsgi import wsgi
from tsuwsgi.exceptions import make_policy
from tsuwsgi.title import set_title


def begin(config, order):
    """Make ready what the configuration asks for; returns a function for the end.

    config is the load message, order the one to fork.
    """
    set_title(str(order["worker"]).join(config["names"]["worker"]))
    python = config["python"]
    wsgi.behave(python, make_policy(python))
    tracebacker = _tracebacker(config, order) if python.get("tracebacker") is not None else None

    def end():
        if tracebacker is not None:
            tracebacker.close()
        if not python["skipAtexit"]:
            atexit._run_exitfuncs()  # the fork leaves by os._exit, which would not

    return end


def _tracebacker(config, order):
    from tsuwsgi.tracebacker import Tracebacker

    path = config["python"]["tracebacker"]
    try:
        return Tracebacker(path, order["worker"], config["socketMode"])
    except OSError as error:
        sys.stderr.write("tsuwsgi: py-tracebacker: %s%d cannot be made: %s\n"
                         % (path, order["worker"], error.strerror or error))
        return None
