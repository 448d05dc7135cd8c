"""Repeats the words of a request; on its other pages it goes wrong in many ways."""
import ctypes
import os
import resource
import sys
import threading
import time

held = []
lock = threading.Lock()


def application(environ, start_response):
    path, words = environ["PATH_INFO"], environ["QUERY_STRING"]
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if path == "/segfault":
        ctypes.string_at(0)
    elif path == "/exit":
        os._exit(3)
    elif path == "/memory":
        held.append(bytearray(1 << 40))
    elif path == "/deadlock":
        lock.acquire()
        lock.acquire()
    elif path == "/descriptors":
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        try:
            while True:
                held.append(open(os.devnull))
        finally:
            held.clear()
    elif path == "/log":
        print("x" * 100000, file=sys.stderr)
    elif path == "/slow":
        time.sleep(float(words))
    answer = words.encode() + b" " + body
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))])
    return [answer]
