"""Calls an application in a loop for so many seconds, without a server; prints calls a second.

loop.py MODULE:CALLABLE SECONDS
"""

import importlib
import io
import sys
import time


def environ():
    return {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/", "QUERY_STRING": "",
        "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr, "wsgi.multithread": False,
        "wsgi.multiprocess": True, "wsgi.run_once": False,
    }


def start_response(status, headers, exc_info=None):
    return None


def call(application):
    result = application(environ(), start_response)
    try:
        for part in result:
            part
    finally:
        if hasattr(result, "close"):
            result.close()


def main(name, seconds):
    module, _, attribute = name.partition(":")
    sys.path.insert(0, ".")
    application = getattr(importlib.import_module(module), attribute)
    for _ in range(200):
        call(application)
    began = time.perf_counter()
    end = began + seconds
    calls = 0
    while time.perf_counter() < end:
        call(application)
        calls += 1
    print(calls / (time.perf_counter() - began))


main(sys.argv[1], float(sys.argv[2]))
