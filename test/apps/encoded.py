"""Answers that ask the server to compress them; `/stream?PATH` waits in the middle until PATH exists."""
import os
import time

TEXT = b"The same line again and again.\n" * 200


def application(environ, start_response):
    path = environ["PATH_INFO"]
    headers = [("Content-Type", "text/plain"), ("uWSGI-Encoding", "gzip")]
    if path == "/whole":
        headers.append(("Content-Length", str(len(TEXT))))
    if path == "/encoded":
        headers.append(("Content-Encoding", "identity"))
    start_response("206 Partial Content" if path == "/part" else "200 OK", headers)
    if path == "/stream":
        return stream(environ["QUERY_STRING"])
    if path == "/big":
        return (b"%08d" % number * 4000 for number in range(100))
    return [TEXT]


def stream(gate):
    yield b"before "
    while not os.path.exists(gate):
        time.sleep(0.01)
    yield b"after"
