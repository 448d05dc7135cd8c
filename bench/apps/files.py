"""Sends the file that BENCH_FILE names, and counts what is sent to `/upload`."""

import os

PIECE = 65536


def application(environ, start_response):
    if environ["PATH_INFO"] == "/upload":
        count = 0
        left = int(environ["CONTENT_LENGTH"])
        while left > 0:
            piece = environ["wsgi.input"].read(min(PIECE, left))
            if not piece:
                break
            left -= len(piece)
            count += len(piece)
        body = b"%d\n" % count
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]
    if environ["PATH_INFO"] == "/download":
        path = os.environ["BENCH_FILE"]
        start_response("200 OK", [("Content-Type", "application/octet-stream"),
                                  ("Content-Length", str(os.path.getsize(path)))])
        return environ["wsgi.file_wrapper"](open(path, "rb"), PIECE)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
    return [b"ok\n"]
