"""Answers with its process id, after as many seconds as the query says; tells when it begins to wait."""

import os
import sys
import time


def application(environ, start_response):
    seconds = float(environ["QUERY_STRING"] or 0)
    if seconds > 0:
        print("sleeping", file=sys.stderr, flush=True)
        time.sleep(seconds)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
