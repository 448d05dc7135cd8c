"""Cores as greenlets of gevent, as `gevent` of uWSGI's plugin has them."""
import gevent
import gevent.monkey
import gevent.socket
import greenlet

from tsuwsgi.ending import Harakiri

_JOIN_SECONDS = 60


class Engine:
    """See engine.py."""

    greenlets = True
    sleep = staticmethod(gevent.sleep)

    def __init__(self, setting):
        self._patch = setting["patch"]
        self._hub_seconds = setting["hubSeconds"]

    def prepare(self):
        if self._patch == "early":
            gevent.monkey.patch_all()

    def check(self):
        if self._patch != "none" or gevent.monkey.is_module_patched("socket"):
            return None
        return ("gevent: nothing is monkey patched, so time.sleep and the sockets of the application stop all "
                "greenlets of a worker (gevent-early-monkey-patch = true patches them)")

    def enter(self):
        gevent.reinit()

    def patch(self):
        if self._patch == "late":
            gevent.monkey.patch_all()

    def cooperative(self, sock):
        return gevent.socket.socket(sock.family, sock.type, sock.proto, sock.detach())

    ident = staticmethod(greenlet.getcurrent)

    def interrupt(self, ending):
        if ending.ident is greenlet.getcurrent():
            raise Harakiri()
        # The hub may throw into any greenlet; by its turn the request may have ended.
        gevent.get_hub().loop.run_callback(ending.throw)

    def run(self, cores):
        greenlets = [gevent.spawn(core.serve) for core in cores]
        while not all(greenlet.ready() for greenlet in greenlets):
            # The timer keeps the loop going when all cores wait for something that a thread will do:
            # gevent gives up a loop in which nothing can happen.
            gevent.joinall(greenlets, timeout=_JOIN_SECONDS)
        if self._hub_seconds:
            gevent.get_hub().join(self._hub_seconds)
