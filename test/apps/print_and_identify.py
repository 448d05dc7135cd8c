"""Writes to both outputs; answers with its user, groups, umask and whether it has a terminal."""

import os
import sys


def application(environ, start_response):
    print("to stdout", flush=True)
    print("to stderr", file=sys.stderr, flush=True)
    umask = os.umask(0)
    os.umask(umask)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [repr((os.getuid(), os.getgid(), os.getgroups(), umask, os.getsid(0))).encode()]
