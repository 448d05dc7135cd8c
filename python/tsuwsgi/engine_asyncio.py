"""Cores as greenlets beside the event loop of asyncio, as `asyncio` of uWSGI's plugin has them.

The loop runs in the process's first greenlet, which is the parent of every core's. An application that waits
for the loop arranges for its own greenlet to be switched to, and switches to its parent:

    loop.call_later(2, greenlet.getcurrent().switch)
    greenlet.getcurrent().parent.switch()
"""
import asyncio
import traceback

import greenlet

from tsuwsgi.ending import Harakiri

_CANCEL_SECONDS = 5  # that cancelled tasks have to clear up, when the worker goes


class Engine:
    """See engine.py."""

    greenlets = True

    def __init__(self, setting):
        self._loop = None
        self._hub = None

    def prepare(self):
        pass

    def check(self):
        return None

    def enter(self):
        # Not a loop that the application made in the zygote: all workers would share its descriptors.
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        self._hub = greenlet.getcurrent()

    def patch(self):
        pass

    def cooperative(self, sock):
        return _LoopSocket(sock, self._loop, self._hub)

    def sleep(self, seconds):
        timer = self._loop.call_later(seconds, greenlet.getcurrent().switch)
        self._hub.switch()
        timer.cancel()

    ident = staticmethod(greenlet.getcurrent)

    def interrupt(self, ending):
        if ending.ident is greenlet.getcurrent():
            raise Harakiri()
        self._loop.call_soon_threadsafe(ending.throw)

    def run(self, cores):
        loop = self._loop
        left = len(cores)

        def serve(core):
            nonlocal left
            try:
                core.serve()
            except BaseException:
                traceback.print_exc()
            left -= 1
            if left == 0:
                loop.stop()

        for core in cores:
            loop.call_soon(greenlet.greenlet(serve).switch, core)
        loop.run_forever()
        self._end()

    def _end(self):
        """End what the application left in the loop, as asyncio.run() does."""
        loop = self._loop
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks, timeout=_CANCEL_SECONDS))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


class _LoopSocket:
    """A socket whose waits give the turn to the loop."""

    __slots__ = ("_socket", "_loop", "_hub")

    def __init__(self, sock, loop, hub):
        sock.setblocking(False)
        self._socket = sock
        self._loop = loop
        self._hub = hub

    def recv_into(self, buffer):
        while True:
            try:
                return self._socket.recv_into(buffer)
            except BlockingIOError:
                self._wait(self._loop.add_reader, self._loop.remove_reader)

    def sendall(self, data):
        left = memoryview(data)
        while True:
            try:
                left = left[self._socket.send(left) :]
                if not left:
                    return
            except BlockingIOError:
                self._wait(self._loop.add_writer, self._loop.remove_writer)

    def close(self):
        self._socket.close()

    def _wait(self, add, remove):
        """Wait for the socket; may return early, when the application's code switches to this greenlet."""
        descriptor = self._socket.fileno()
        add(descriptor, greenlet.getcurrent().switch)
        try:
            self._hub.switch()
        finally:
            remove(descriptor)
