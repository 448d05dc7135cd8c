"""Writes to the log what its path says, and answers."""

import sys
import time


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/out":
        print("to stdout", flush=True)
    elif path == "/lines":
        sys.stderr.write("first line\nsecond line\n")
    elif path == "/many":
        for number in range(int(environ["QUERY_STRING"])):
            print("line %06d" % number)
        sys.stdout.flush()
    elif path == "/wait":
        print("waiting", flush=True)
        time.sleep(0.3)
    elif path == "/parts":
        start_response("200 OK", [])
        return parts()
    status = {"/missing": "404 Not Found", "/broken": "500 Broken"}.get(path, "200 OK")
    start_response(status, [("Content-Type", "text/plain")])
    return [b""] if path == "/empty" else [b"answer"]


def parts():
    """An answer that takes its time; tells how far it came."""
    yield b"first"
    for number in range(2, 22):
        time.sleep(0.05)
        print("part %d" % number, flush=True)
        yield b"x" * 1000
    print("all parts", flush=True)
