"""The same as hello.py, by way of Flask."""

import time

from flask import Flask

application = Flask(__name__)


@application.route("/")
def hello():
    return "Hello, world!\n"


@application.route("/slow")
def slow():
    time.sleep(0.2)
    return "Hello, world!\n"
