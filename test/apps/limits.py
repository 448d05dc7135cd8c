"""Requests that take too long, in ways that can be ended and in ways that cannot, or too much memory."""
import ctypes
import os
import threading
import time

from tsuwsgi import api

kept = []


class Own(Exception):
    pass


def in_thread(said):
    """Sets a limit where no request is answered."""
    def run():
        try:
            api.set_harakiri(1)
        except RuntimeError as error:
            said.append(type(error).__name__)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def parts(end):
    while time.monotonic() < end:
        yield b"x" * 200000


def late():
    yield b"begun"
    raise ValueError("no such thing")


def application(environ, start_response):
    path, value = environ["PATH_INFO"], environ["QUERY_STRING"]
    print("at %s\n" % path, end="", flush=True)  # whole, whatever other threads print
    if path == "/loop":
        while True:
            pass
    elif path == "/sleep":
        time.sleep(float(value))
    elif path == "/own":
        api.set_harakiri(int(value))
        while True:
            time.sleep(0.01)
    elif path == "/taken-back":
        api.set_harakiri(1)
        time.sleep(0.5)
        api.set_harakiri(0)
        time.sleep(1.5)
    elif path == "/flag":
        while not os.path.exists(value):
            time.sleep(0.01)
    elif path == "/grow":
        kept.append(bytearray(int(value) * 1024 * 1024))
        kept[-1][::4096] = b"x" * len(kept[-1][::4096])
    elif path == "/environ":
        environ["tsuwsgi.harakiri"](int(value))
        while True:
            time.sleep(0.01)
    elif path == "/misuse":
        said = []
        for call in (lambda: api.set_harakiri(-1), lambda: api.set_harakiri(10 ** 12), lambda: in_thread(said)):
            try:
                call()
            except ValueError as error:
                said.append(type(error).__name__)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [" ".join(said).encode()]
    elif path == "/near":
        # Over when it is about to be ended, in all the ways in which it may be under way.
        end = time.monotonic() + float(value)
        while time.monotonic() < end:
            time.sleep(0.0005)
    elif path == "/parts":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return parts(time.monotonic() + float(value))
    elif path == "/raise":
        raise {"value": ValueError, "own": Own}[value]("no such thing")
    elif path == "/late":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return late()
    elif path == "/join":
        part = b"x" * (1 << 20)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [part] * int(value)
    elif path == "/hog":
        size = 1 << 20
        while size > 1:
            try:
                kept.append(bytearray(size))
            except MemoryError:
                size //= 2
    elif path == "/crash":
        ctypes.string_at(0)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d" % os.getpid()]
