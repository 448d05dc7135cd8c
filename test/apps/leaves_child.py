"""Forks a process that outlives its worker and keeps all of its descriptors; answers with the worker's id."""
import os
import time


def application(environ, start_response):
    if environ["PATH_INFO"] == "/fork" and os.fork() == 0:
        time.sleep(8)
        os._exit(0)
    if environ["PATH_INFO"] == "/wait":
        time.sleep(30)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
