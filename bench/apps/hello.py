"""The least that an application can do; `/slow` waits for 200 ms, as for a database."""

import time

BODY = b"Hello, world!\n"
HEADERS = [("Content-Type", "text/plain"), ("Content-Length", str(len(BODY)))]


def application(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        time.sleep(0.2)
    start_response("200 OK", HEADERS)
    return [BODY]
