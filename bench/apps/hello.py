"""The least that an application can do; `/slow` waits for 200 ms, as for a database; `/10kb` is larger."""

import time


def page(body):
    return [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))], [body]


HELLO = page(b"Hello, world!\n")
LARGE = page(b"x" * 10_240)


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/slow":
        time.sleep(0.2)
    headers, body = LARGE if path == "/10kb" else HELLO
    start_response("200 OK", headers)
    return body
