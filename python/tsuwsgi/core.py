"""A core of a worker: the loop of take a request, run the application, send the answer.

What a core is, a thread or a greenlet, is the engine's affair (engine.py).
"""
import io
import json
import marshal
import os
import shutil
import socket

from tsuwsgi import frames, native
from tsuwsgi.body import ClientDisconnected, StreamedBody
from tsuwsgi.ending import Ending, Harakiri
from tsuwsgi.files import Lender, open_place
from tsuwsgi.report import report_failure
from tsuwsgi.wsgi import FrontGone, run

_RECEIVE = 1 << 16  # first size of a core's buffer; a larger frame makes it grow
LANDING = 2 * _RECEIVE  # what greenlets share: any BODY frame fits in, most requests do
_IN_A_ROW = 8  # requests that a greenlet takes before others have their turn
_STREAM_BUFFER = 1 << 16
_RECONNECT_SECONDS = 0.05
_MAX_FAILURES = 40  # of a core, 0.05 s apart, while its worker is being replaced; then it ends

serving = {}  # who runs a core, as the engine tells it -> the core


class Core:
    """One core: its socket to the front, its counters, and the loop between them."""

    # For greenlets only, see SharingCore.
    _keep = None
    _buffer = b""

    def __init__(self, share, index):
        """share is what the cores of a worker have in common; index its number among them, from 0."""
        config = share.config
        self._share = share
        self._engine = share.engine
        self._zygote = os.getppid()
        self._index = index
        line = ((share.order["slot"] - 1) * config["cores"] + index) * frames.COUNTER_STRIDE
        self._counters = memoryview(share.counters)[line : line + 16].cast("I")
        self._lender = Lender()
        self._socket = None
        self.ending = Ending(index + 1, self._counters)
        self._first_buffer()

    def _first_buffer(self):
        """Begin with an empty buffer of the usual size: the one there is, for there may be no memory for another."""
        if len(self._buffer) != _RECEIVE:
            self._buffer = bytearray(_RECEIVE)
            self._view = memoryview(self._buffer)
        self._start = self._end = 0

    def serve(self):
        """Serve until the front says to quit or is gone for good."""
        self.ending.ident = ident = self._engine.ident()
        serving[ident] = self
        over = False
        failures = 0
        while not over:
            try:
                over = self._serve_once()
            except Harakiri:
                pass  # it came when its request had just ended; what the front still has it gives to others
            except Exception:  # no memory, perhaps, not even for an answer
                self._share.broken = True
                report_failure()
                failures += 1
                if failures == _MAX_FAILURES:
                    os._exit(1)
                self._engine.sleep(_RECONNECT_SECONDS)
        self.ending.ident = None

    def _serve_once(self):
        """Serve over one connection; True when there is to be no other."""
        # First of all: an exception may have kept the last connection from being cleared up.
        self._disconnect()
        try:
            return not self._connect() or self._loop()
        except (FrontGone, OSError):
            return False
        finally:
            self._disconnect()

    def _disconnect(self):
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self.ending.forget()
        self._lender.close()
        self._first_buffer()

    def set_deadline(self, seconds):
        """Give the request in hand so many seconds from now; 0 takes that back."""
        try:
            self._socket.sendall(frames.HEADER.pack(0, frames.DEADLINE, 0, 0, self._counters[0], seconds))
        except BaseException as error:
            raise FrontGone() from error

    def _connect(self):
        """Connect and say hello; False when there will be no front again (its directory is gone)."""
        share = self._share
        config = share.config
        while True:
            sock = native.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                # Greenlets must not wait in the kernel, where a full queue of the front's would hold all of them.
                sock.setblocking(not self._engine.greenlets)
                sock.connect(config["coresPath"])
                sock = self._engine.cooperative(sock)
                hello = json.dumps({
                    "secret": config["secret"],
                    "worker": share.order["worker"],
                    "slot": share.order["slot"],
                    "held": share.order["held"],
                    "core": self._index,
                    "pid": os.getpid(),
                    "countersFd": config["countersFd"],
                    "failure": share.failure,
                    "broken": share.broken,
                }).encode()
                sock.sendall(frames.HEADER.pack(len(hello), frames.HELLO, 0, 0, 0, 0) + hello)
            except OSError as error:
                # No front at the moment: the master is starting one, or is dead and the zygote ends us.
                sock.close()
                if os.getppid() != self._zygote:
                    # All the others are gone at once, perhaps while they cleared up: the last ones do.
                    shutil.rmtree(config["runDirectory"], ignore_errors=True)
                    return False
                if isinstance(error, FileNotFoundError):
                    return False
                self._engine.sleep(_RECONNECT_SECONDS)
                continue
            self._socket = sock
            return True

    def _fill(self, need):
        """Receive until the buffer holds need bytes; False when the front has closed."""
        held = self._end - self._start
        if self._start and (held == 0 or self._start + need > len(self._buffer)):
            self._buffer[:held] = self._buffer[self._start : self._end]
            self._start, self._end = 0, held
        if need > len(self._buffer):
            larger = bytearray(need + _RECEIVE)
            larger[:held] = self._buffer[self._start : self._end]
            self._buffer = larger
            self._view = memoryview(larger)
            self._start, self._end = 0, held
        receive = self._socket.recv_into
        while self._end - self._start < need:
            count = receive(self._view[self._end :])
            if count == 0:
                return False
            self._end += count
        return True

    def _loop(self):
        """Run requests; True after a QUIT, False when the front has closed."""
        header = frames.HEADER
        size = header.size
        unpack = header.unpack_from
        counters = self._counters
        application = self._share.application
        base = self._share.base
        send = self._socket.sendall
        loads = marshal.loads
        fence = native.Lock()
        keep = self._keep
        lent = self._lender
        run_one = _reaping_run if self._share.config["reaper"] else run
        ending = self.ending
        marks = ending.marks

        def gone():
            return counters[2] == number

        while True:
            start = self._start
            if self._end - start < size:
                if not self._fill(size):
                    return False
                start = self._start
            length, kind, flags, _, number, body = unpack(self._buffer, start)
            if self._end - start < size + length:
                if not self._fill(size + length):
                    return False
                start = self._start
            start += size
            end = self._start = start + length
            if kind != frames.REQUEST:
                if kind == frames.QUIT:
                    return True
                if kind == frames.OPENED:
                    lent.opened(number)
                continue  # the rest of a streamed body that the application did not read
            # Write first, read second, with a fence between: see src/launch/protocol/counters.ts.
            try:
                counters[0] = number
                fence.acquire()
                fence.release()
                if marks:
                    ending.settle()
            except Harakiri:  # meant for the request before
                ending.settle()
                counters[0] = number
                fence = native.Lock()  # the other may be held
                fence.acquire()
                fence.release()
            limit = counters[1]
            if limit and number > limit:
                if keep is not None:
                    keep()
                send(header.pack(0, frames.SKIPPED, 0, 0, number, 0))
                continue
            environ = base.copy()
            environ.update(loads(self._view[start:]))
            lender = lent if flags & frames.FILES else None
            after = None
            if flags & frames.STREAM:
                inline = bytes(self._view[end - body : end])
                stream = StreamedBody(self._parts(inline))
                environ["wsgi.input"] = io.BufferedReader(stream, _STREAM_BUFFER)
                after = stream.end
            elif body:
                if flags & frames.SPOOLED:
                    spooled = open_place(bytes(self._view[end - body : end]))
                    environ["wsgi.input"] = spooled
                    after = spooled.close
                else:
                    environ["wsgi.input"] = io.BytesIO(self._view[end - body : end])
            else:
                environ["wsgi.input"] = io.BytesIO()
            if keep is not None:
                keep()
            if after is None:
                run_one(application, environ, send, number, gone, lender)
                continue
            try:
                run_one(application, environ, send, number, gone, lender)
            finally:
                after()

    def _parts(self, inline):
        """A function that gives the next part of a streamed body: what came with the request, then BODY frames."""
        header = frames.HEADER
        rest, ended, broken = inline, False, None

        def next_part():
            nonlocal rest, ended, broken
            if rest:
                part, rest = rest, b""
                return part
            while not ended and broken is None:
                if not self._fill(header.size):
                    broken = "the front has gone"
                    break
                length, kind, flags, _, opened, _ = header.unpack_from(self._buffer, self._start)
                if not self._fill(header.size + length):
                    broken = "the front has gone"
                    break
                start = self._start + header.size
                self._start = start + length
                part = bytes(self._view[start : start + length])
                if self._keep is not None:
                    self._keep()
                if kind == frames.OPENED:
                    self._lender.opened(opened)
                    continue
                if flags & frames.ABORT:
                    broken = "the client went away"
                    break
                ended = bool(flags & frames.FINAL)
                if part:
                    return part
            if broken is not None:
                raise ClientDisconnected(broken + " before the request body was complete")
            return b""

        return next_part


class SharingCore(Core):
    """A core that is a greenlet: idle it has no buffer of its own.

    What arrives lands in a buffer that all cores of the worker share. Another core may use it whenever this
    one gives up its turn, so by then whatever is left in it has been moved to a buffer of this core's own.
    """

    def _first_buffer(self):
        self._buffer = self._share.landing
        self._view = self._share.landing_view
        self._start = self._end = 0

    def _fill(self, need):
        if self._end == self._start:
            self._first_buffer()
            self._share_turns()
            # Others receive into the same while we wait; from the receiving to our return nobody has a turn.
            self._end = self._socket.recv_into(self._view)
            if self._end == 0:
                return False
            if self._end >= need:
                return True
        self._move_out(need)
        return Core._fill(self, need)

    def _keep(self):
        """Called before anything that may give up the turn, when the request or part in hand was copied."""
        if self._end == self._start:
            self._first_buffer()
        else:
            self._move_out(0)

    def _share_turns(self):
        """Let the others run when requests come so fast that there is never one to wait for."""
        share = self._share
        if share.last is not self:
            share.last = self
            share.in_a_row = 0
        elif share.in_a_row < _IN_A_ROW:
            share.in_a_row += 1
        else:
            share.in_a_row = 0
            self._engine.sleep(0)

    def _move_out(self, need):
        """Move what is left in the shared buffer to one of our own with room for need bytes."""
        if self._buffer is not self._share.landing:
            return
        held = self._end - self._start
        own = bytearray(max(need, held))
        own[:held] = self._view[self._start : self._end]
        self._buffer = own
        self._view = memoryview(own)
        self._start, self._end = 0, held


def _reaping_run(*request):
    """run(), and then take away what the application started and has ended, as uWSGI's `reaper` does."""
    try:
        run(*request)
    finally:
        try:
            while native.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
