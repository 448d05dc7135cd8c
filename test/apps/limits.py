"""Requests that take too long, in ways that can be ended and in ways that cannot, or too much memory."""
import ctypes
import os
import time

from tsuwsgi import api

kept = []


def application(environ, start_response):
    path, value = environ["PATH_INFO"], environ["QUERY_STRING"]
    print("at", path, flush=True)
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
    elif path == "/crash":
        ctypes.string_at(0)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d" % os.getpid()]
