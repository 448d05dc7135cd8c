"""Answers with what it was asked: the environ's strings as JSON, size and SHA-256 of the body."""

import hashlib
import json


def application(environ, start_response):
    digest, size = hashlib.sha256(), 0
    while True:
        part = environ["wsgi.input"].read(65536)
        if not part:
            break
        digest.update(part)
        size += len(part)
    said = {name: value for name, value in environ.items() if isinstance(value, str)}
    said.update({"body.size": size, "body.sha256": digest.hexdigest()})
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(said).encode()]
