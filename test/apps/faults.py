"""Answers that name their request, and paths that do what no application should."""
import ctypes
import os
import threading
import time

leaked = []
lock = threading.Lock()


def leak():
    """Takes the descriptors that are left."""
    while True:
        leaked.append(os.open("/dev/null", os.O_RDONLY))


def deadlock():
    """Waits for what this thread itself holds."""
    lock.acquire()
    lock.acquire()


deeds = {
    "/sleep": lambda: time.sleep(0.1),
    "/segfault": lambda: ctypes.string_at(0),
    "/exit": lambda: os._exit(3),
    "/memory": lambda: bytearray(1 << 30),
    "/deadlock": deadlock,
    "/leak": leak,
    "/write": lambda: print("x" * 4096, flush=True),
}


def application(environ, start_response):
    path = environ["PATH_INFO"]
    body = environ["wsgi.input"].read()
    if path in deeds:
        deeds[path]()
    line = "%s %s?%s\n" % (environ["REQUEST_METHOD"], path, environ["QUERY_STRING"])
    answer = line.encode("latin-1") + body
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]
