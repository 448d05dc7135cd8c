"""What becomes of bodies: `/closed` tells which results were closed, POST says what it read."""
import hashlib

closed = []
begun = []


class Result:
    """Reads the body when the answer is asked for."""

    def __init__(self, name, parts):
        self._name, self._parts = name, parts

    def __iter__(self):
        yield from self._parts

    def close(self):
        closed.append(self._name)


def read(environ):
    yield b"reading"
    while environ["wsgi.input"].read(65536):
        pass


def endless():
    while True:
        yield b"x" * 65536


def digest(environ):
    body = environ["wsgi.input"]
    first = body.read(5)
    total = hashlib.sha1(first)
    for part in iter(lambda: body.read(65536), b""):
        total.update(part)
    size = body.tell()
    body.seek(0)
    again = body.read(5) == first
    return "%d %s %s %s" % (size, total.hexdigest(), environ.get("CONTENT_LENGTH"), again)


def application(environ, start):
    path = environ["PATH_INFO"]
    if path in ("/read", "/endless"):
        begun.append(path)
        start("200 OK", [])
        return Result(path, read(environ) if path == "/read" else endless())
    text = " ".join({"/closed": closed, "/begun": begun}.get(path, []))
    if path == "/digest":
        begun.append(path)
        text = digest(environ)
    start("200 OK", [("Content-Type", "text/plain")])
    return [text.encode()]
