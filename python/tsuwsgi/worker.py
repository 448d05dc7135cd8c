"""A worker process: `threads` cores, each a loop of take a request, run the application, send the answer."""
import atexit
import io
import json
import marshal
import mmap
import os
import shutil
import socket
import sys
import threading
import time

from tsuwsgi import frames
from tsuwsgi.mounts import no_application
from tsuwsgi.files import FileWrapper, Lender, open_place
from tsuwsgi.title import set_title
from tsuwsgi.wsgi import ClientDisconnected, FrontGone, StreamedBody, run

_RECEIVE = 1 << 16  # first size of a core's buffer; a larger frame makes it grow
_STREAM_BUFFER = 1 << 16
_RECONNECT_SECONDS = 0.05


class Core:
    """One core: its socket to the front, its counters, and the loop between them."""

    def __init__(self, config, worker, index, counters, application, failure):
        """config is the load message; counters the memory of all cores; failure why there is no application."""
        self._config = config
        self._worker = worker
        self._zygote = os.getppid()
        self._index = index
        self._application = application
        self._failure = failure
        line = ((worker - 1) * config["threads"] + index) * frames.COUNTER_STRIDE
        self._counters = memoryview(counters)[line : line + 12].cast("I")
        self._base = {
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": config["threads"] > 1,
            "wsgi.multiprocess": config["processes"] > 1,
            "wsgi.run_once": False,
            # The end of wsgi.input is the end of the body, also without a Content-Length.
            "wsgi.input_terminated": True,
            "SCRIPT_NAME": "",
            "SERVER_NAME": config["serverName"],
        }
        if config["fileWrapper"]:
            self._base["wsgi.file_wrapper"] = FileWrapper
        self._lender = Lender()
        self._socket = None
        self._buffer = bytearray(_RECEIVE)
        self._view = memoryview(self._buffer)
        self._start = self._end = 0

    def serve(self):
        """Serve until the front says to quit or is gone for good."""
        while self._connect():
            try:
                if self._loop():
                    return
            except (FrontGone, OSError):
                pass
            finally:
                self._socket.close()
                self._lender.close()
                self._start = self._end = 0

    def _connect(self):
        """Connect and say hello; False when there will be no front again (its directory is gone)."""
        while True:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                sock.connect(self._config["coresPath"])
                hello = json.dumps({
                    "secret": self._config["secret"],
                    "worker": self._worker,
                    "core": self._index,
                    "pid": os.getpid(),
                    "countersFd": self._config["countersFd"],
                    "failure": self._failure,
                }).encode()
                sock.sendall(frames.HEADER.pack(len(hello), frames.HELLO, 0, 0, 0, 0) + hello)
            except FileNotFoundError:
                return False
            except OSError:
                # No front at the moment: the master is starting one, or is dead and the zygote ends us.
                sock.close()
                if os.getppid() != self._zygote:
                    # All the others are gone at once: the last ones clear up.
                    shutil.rmtree(self._config["runDirectory"], ignore_errors=True)
                    return False
                time.sleep(_RECONNECT_SECONDS)
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
        application = self._application
        base = self._base
        send = self._socket.sendall
        loads = marshal.loads
        fence = threading.Lock()
        lent = self._lender

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
            counters[0] = number
            fence.acquire()
            fence.release()
            limit = counters[1]
            if limit and number > limit:
                send(header.pack(0, frames.SKIPPED, 0, 0, number, 0))
                continue
            environ = base.copy()
            environ.update(loads(self._view[start:]))
            lender = lent if flags & frames.FILES else None
            if flags & frames.STREAM:
                inline = bytes(self._view[end - body : end])
                stream = StreamedBody(self._parts(inline))
                environ["wsgi.input"] = io.BufferedReader(stream, _STREAM_BUFFER)
                try:
                    run(application, environ, send, number, gone, lender)
                finally:
                    stream.end()
                continue
            elif body:
                if flags & frames.SPOOLED:
                    with open_place(bytes(self._view[end - body : end])) as spooled:
                        environ["wsgi.input"] = spooled
                        run(application, environ, send, number, gone, lender)
                    continue
                environ["wsgi.input"] = io.BytesIO(self._view[end - body : end])
            else:
                environ["wsgi.input"] = io.BytesIO()
            run(application, environ, send, number, gone, lender)

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
                if kind == frames.OPENED:
                    self._lender.opened(opened)
                    continue
                if flags & frames.ABORT:
                    broken = "the client went away"
                    break
                ended = bool(flags & frames.FINAL)
                if length:
                    return bytes(self._buffer[start : start + length])
            if broken is not None:
                raise ClientDisconnected(broken + " before the request body was complete")
            return b""

        return next_part


def work(config, worker, application, failure):
    """Be worker number `worker` until told to quit.

    application is None when it could not be loaded; failure then says why (for the front's ears).
    """
    name = (config["app"] or {}).get("module") or os.path.basename((config["app"] or {}).get("path", ""))
    set_title(("tsuwsgi worker %d %s" % (worker, name)).rstrip())
    size = frames.COUNTER_STRIDE * config["processes"] * config["threads"]
    counters = mmap.mmap(config["countersFd"], size)
    cores = [
        Core(config, worker, index, counters, application or no_application, failure)
        for index in range(config["threads"])
    ]
    threads = [threading.Thread(target=core.serve, name="core %d" % (index + 1), daemon=True)
               for index, core in enumerate(cores[1:])]
    for thread in threads:
        thread.start()
    cores[0].serve()
    for thread in threads:
        thread.join()
    atexit._run_exitfuncs()  # the fork leaves by os._exit, which would not
