"""Downloads with a checksum, a page of fixed length, and echo.py for the rest."""

import hashlib

from echo import application as echo

BLOCK = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(2048))


def blocks(size):
    """`size` bytes, no two blocks of them the same."""
    for number in range(0, size, len(BLOCK)):
        block = b"%016d" % number + BLOCK[16:]
        yield block[: min(len(block), size - number)]


def application(environ, start_response):
    if environ["PATH_INFO"] == "/plain":
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "6")])
        return [b"plain\n"]
    if environ["PATH_INFO"] != "/download":
        return echo(environ, start_response)
    size = int(environ["QUERY_STRING"])
    digest = hashlib.sha256()
    for block in blocks(size):
        digest.update(block)
    fields = [("Content-Length", str(size)), ("X-Sha256", digest.hexdigest())]
    start_response("200 OK", fields)
    return blocks(size)
