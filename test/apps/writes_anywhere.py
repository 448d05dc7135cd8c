"""Writes into descriptor 3 when it is imported, as a program that confuses its files may."""

import os

try:
    os.write(3, b"rubbish\n")
except OSError:
    pass


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"served"]
