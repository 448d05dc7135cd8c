"""A worker process: what its cores have in common, and its life from the fork to the end."""
import mmap
import os
import sys

from tsuwsgi import frames, overdue
from tsuwsgi.core import LANDING, Core, SharingCore, serving
from tsuwsgi.files import FileWrapper
from tsuwsgi.life import begin
from tsuwsgi.mounts import no_application

_LONGEST_SECONDS = 2147483  # as `harakiri`

_engine = None


def set_deadline(seconds):
    """Tell the front how long the request may take that the caller answers; see api.py."""
    seconds = int(seconds)
    if not 0 <= seconds <= _LONGEST_SECONDS:
        raise ValueError("set_harakiri needs a number of seconds from 0 to %d, not %d" % (_LONGEST_SECONDS, seconds))
    core = None if _engine is None else serving.get(_engine.ident())
    if core is None:
        raise RuntimeError("set_harakiri is for the thread or greenlet that answers a request")
    core.set_deadline(seconds)


class Share:
    """What the cores of a worker have in common."""

    def __init__(self, config, order, application, failure, engine):
        """config is the load message, order the one to fork; failure is why there is no application."""
        self.config = config
        self.order = order
        self.application = application
        self.failure = failure
        self.broken = False  # a core failed outside of the application
        self.engine = engine
        self.counters = mmap.mmap(config["countersFd"],
                                  frames.COUNTER_STRIDE * config["slots"] * config["cores"])
        if engine.greenlets:
            self.landing = bytearray(LANDING)
            self.landing_view = memoryview(self.landing)
            # Which core received last, and how often nobody else did in between.
            self.last = None
            self.in_a_row = 0
        self.base = {
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            # Whether the application may be called while a call is running (PEP 3333), in whatever way.
            "wsgi.multithread": config["cores"] > 1,
            "wsgi.multiprocess": config["processes"] > 1,
            "wsgi.run_once": False,
            # The end of wsgi.input is the end of the body, also without a Content-Length.
            "wsgi.input_terminated": True,
            "SCRIPT_NAME": "",
            "SERVER_NAME": config["serverName"],
        }
        self.base["tsuwsgi.harakiri"] = set_deadline
        if config["fileWrapper"]:
            self.base["wsgi.file_wrapper"] = FileWrapper


def work(config, order, application, failure, engine):
    """Be the worker that was ordered until told to quit.

    application is None when it could not be loaded; failure then says why (for the front's ears).
    """
    global _engine
    _engine = engine
    if config["chdir2"] is not None:
        os.chdir(config["chdir2"])
    end = begin(config, order)
    share = Share(config, order, application or no_application, failure, engine)
    engine.stack = config["resources"]["threadStack"]
    kind = SharingCore if engine.greenlets else Core
    cores = [kind(share, index) for index in range(config["cores"])]
    overdue.prepare(cores, engine, config["endsAlone"])
    engine.run(cores)
    end()
