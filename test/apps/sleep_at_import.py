"""Takes a minute to import."""

import time


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"late"]


time.sleep(60)
