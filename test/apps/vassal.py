#!/usr/bin/python3
"""Stands for a server under an emperor, ours or uWSGI's: does what its configuration says, word by word.

What happens to it, it writes to the file named by VASSAL_LOG, a line each.
"""
import json
import os
import sys
import time

CHANNEL = int(os.environ["UWSGI_EMPEROR_FD"])
NAME = next(sys.argv[at + 1] for at, word in enumerate(sys.argv) if word == "--ini")
ORDERS = {0: "kill", 1: "reload", 2: "stop"}


def note(*words):
    with open(os.environ["VASSAL_LOG"], "a") as log:
        log.write(" ".join([NAME, *map(str, words)]) + "\n")


def say(*signs):
    os.write(CHANNEL, bytes(signs))


def obey(deaf=False):
    while True:
        order = ORDERS.get((os.read(CHANNEL, 1) or b"\xff")[0], "lost")
        note(order)
        if order == "reload":
            say(1, 5)
        elif order == "lost" or not deaf:
            sys.exit(0)


def serve():
    say(1, 5, 17)


def describe():
    """What it was started with, without the numbers that differ each time."""
    names = sorted(name for name in os.environ if name.startswith("UWSGI_"))
    env = {name: os.environ[name] for name in names if name != "UWSGI_ORIGINAL_PROC_NAME"}
    env["UWSGI_EMPEROR_FD"] = "N"
    stdin = os.readlink("/proc/self/fd/0")
    user = [os.getuid(), os.getgid(), os.getgroups()]
    note(json.dumps([sys.argv[1:], env, os.getcwd(), stdin, user]))


def beat():
    say(26)
    obey()


def burn():
    while True:
        pass


words = open(NAME).read().split()
note("start", os.getpid())
for word in words:
    if word.isdigit():
        sys.exit(int(word))
    {
        "serve": serve,
        "describe": describe,
        "obey": obey,
        "deaf": lambda: obey(deaf=True),
        "beat": beat,
        "burn": burn,
        "hang": lambda: time.sleep(1000),
        "mute": lambda: os.close(CHANNEL),
    }[word]()
