"""How one core is told to end its request, without ending the next one by mistake."""
from tsuwsgi import native


class Harakiri(BaseException):
    """The request has taken too long. No Exception, so that applications do not catch it by chance."""

    def __init__(self):
        super().__init__("the request took longer than harakiri")


class Ending:
    """What a core and whoever interrupts it share.

    An exception that is arranged for in a thread comes some time later, perhaps when the request is over. It must
    not meet the next one. So the interrupter leaves a mark and then looks at what the core has claimed, and the
    core claims and then looks for marks: one of them sees the other, as with the counters themselves.
    """

    def __init__(self, number, counters):
        """number is the core's, from 1; counters its words in the shared file (src/launch/protocol/counters.ts)."""
        self.number = number
        self.ident = None  # who runs the core, as the engine tells it; None when nobody does
        self.marks = []
        self._counters = counters
        self._lock = native.Lock()
        self._told = 0  # the last request that was told to end
        self._raise_in_thread = None

    def forget(self):
        """The core connects again, and its requests are counted anew."""
        self._told = 0

    def due(self):
        """Whether the request in hand is one that the front wants ended."""
        overdue = self._counters[3]
        return overdue != 0 and overdue == self._counters[0] and self.ident is not None

    def newly_due(self):
        """The same, once for each request: a second exception would meet what clears up after the first."""
        number = self._counters[3]
        if number == self._told or not self.due():
            return False
        self._told = number
        return True

    def throw(self):
        """Raise Harakiri in the core's greenlet, which must wait; to be called by the event loop."""
        if self.due():
            self.ident.throw(Harakiri)

    def interrupt(self, raise_in_thread):
        """Arrange for Harakiri in the core's thread, if its request is still in hand.

        raise_in_thread(ident, True) does it, and with False takes it back.
        """
        with self._lock:
            self._raise_in_thread = raise_in_thread
            self.marks.append(True)
            if self.due():
                raise_in_thread(self.ident, True)

    def settle(self):
        """There are marks: take back what was meant for a request before; to be called in the core's own thread."""
        while self.marks:
            try:
                with self._lock:
                    self.marks.clear()
                    self._raise_in_thread(self.ident, False)
            except Harakiri:
                pass
