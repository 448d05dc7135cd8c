"""Writes as many lines of 1000 bytes to standard error as the query says."""

import sys


def application(environ, start_response):
    for _ in range(int(environ["QUERY_STRING"] or 0)):
        sys.stderr.write("x" * 999 + "\n")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"written"]
