"""Cores as green threads of eventlet."""
import eventlet
import eventlet.greenio
import eventlet.hubs
import eventlet.patcher
import greenlet

from tsuwsgi.ending import Harakiri


class Engine:
    """See engine.py."""

    greenlets = True
    sleep = staticmethod(eventlet.sleep)

    def __init__(self, setting):
        self._patch = setting["patch"]

    def prepare(self):
        if self._patch == "early":
            eventlet.monkey_patch()

    def check(self):
        if self._patch != "none" or eventlet.patcher.is_monkey_patched("socket"):
            return None
        return ("eventlet: nothing is monkey patched, so time.sleep and the sockets of the application stop all "
                "greenlets of a worker (eventlet-early-monkey-patch = true patches them)")

    def enter(self):
        eventlet.hubs.use_hub()

    def patch(self):
        if self._patch == "late":
            eventlet.monkey_patch()

    def cooperative(self, sock):
        return eventlet.greenio.GreenSocket(sock)

    ident = staticmethod(greenlet.getcurrent)

    def interrupt(self, ending):
        if ending.ident is greenlet.getcurrent():
            raise Harakiri()
        hub = eventlet.hubs.get_hub()
        if hub.greenlet is greenlet.getcurrent():
            ending.throw()  # it waits, and would not see a call that is arranged now
        else:
            hub.schedule_call_global(0, ending.throw)

    def run(self, cores):
        for thread in [eventlet.spawn(core.serve) for core in cores]:
            thread.wait()
