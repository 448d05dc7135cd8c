"""Answers that name their request, and paths that do what no application should."""
import ctypes
import os
import threading
import time

if os.path.exists("slow"):
    time.sleep(0.5)  # so that something can happen while this is imported

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


def hold():
    """Goes on when the file `go` is there."""
    print("holding", flush=True)
    while not os.path.exists("go"):
        time.sleep(0.01)


deeds = {
    "/hold": hold,
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
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if path in deeds:
        deeds[path]()
    line = "%s %s?%s\n" % (environ["REQUEST_METHOD"], path, environ["QUERY_STRING"])
    answer = line.encode("latin-1") + body
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]
