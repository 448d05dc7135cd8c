"""The smallest WSGI application: it greets, and says who answered."""

import os


def application(environ, start_response):
    text = f"Hello from worker {os.getpid()}: you asked for {environ['PATH_INFO']}\n"
    body = text.encode("latin-1")
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
    ]
    start_response("200 OK", headers)
    return [body]
