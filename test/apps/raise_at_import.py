"""Looks well and cannot be imported."""


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"never"]


raise RuntimeError("broken on purpose")
