"""Requests that wait for one another, and others that show what a core as a greenlet must bear."""

import hashlib
import json
import os
import threading
import time

begun = {}
released = threading.Event()
sleep_at_import = time.sleep.__module__


def pause():
    """Give others their turn, by the means of the engine."""
    if os.environ.get("ENGINE") != "asyncio":
        time.sleep(0.01)
        return
    import asyncio

    import greenlet

    me = greenlet.getcurrent()
    asyncio.get_running_loop().call_later(0.01, me.switch)
    me.parent.switch()


def say(text):
    """Write a line that no other process's can get into."""
    os.write(2, text.encode() + b"\n")


def meet(environ):
    """Answers when as many requests for the same have begun as the query says."""
    query = environ["QUERY_STRING"]
    begun[query] = begun.get(query, 0) + 1
    while begun[query] < int(query.split(",")[0]):
        pause()
    return [str(os.getpid()).encode()]


def stuck(_environ):
    """Answers when /release was asked for."""
    say("stuck")
    if os.environ.get("ENGINE") != "asyncio":
        released.wait()
    while not released.is_set():
        pause()
    return [b"released"]


def release(_environ):
    released.set()
    return [b""]


def busy(environ):
    """Lets nobody else run until the file in the query is gone."""
    say("busy")
    while os.path.exists(environ["QUERY_STRING"]):
        pass
    return [str(os.getpid()).encode()]


def later(environ):
    """Leaves something to do behind, that is over when the file in the query is there."""
    path = environ["QUERY_STRING"]

    def work():
        while not os.path.exists(path):
            time.sleep(0.01)
        say("done later")

    threading.Thread(target=work).start()
    return [b""]


def body(environ):
    """Reads in parts, and gives others their turn in between."""
    digest, size = hashlib.sha256(), 0
    while True:
        part = environ["wsgi.input"].read(50_000)
        if not part:
            return [json.dumps([size, digest.hexdigest()]).encode()]
        digest.update(part)
        size += len(part)
        pause()


def endless(_environ):
    try:
        while True:
            yield b"x" * 1000
            pause()
    finally:
        say("ended")


def facts(environ):
    return [json.dumps({
        "pid": os.getpid(),
        "import": sleep_at_import,
        "request": time.sleep.__module__,
        "multithread": environ["wsgi.multithread"],
        "multiprocess": environ["wsgi.multiprocess"],
    }).encode()]


pages = {"/meet": meet, "/stuck": stuck, "/release": release, "/busy": busy, "/body": body, "/endless": endless,
         "/later": later}


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return pages.get(environ["PATH_INFO"], facts)(environ)
