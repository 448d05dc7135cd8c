"""The same as hello.py, by way of Flask; `/form` reads a form."""

import time

from flask import Flask, request

application = Flask(__name__)


@application.route("/")
def hello():
    return "Hello, world!\n"


@application.route("/slow")
def slow():
    time.sleep(0.2)
    return "Hello, world!\n"


@application.route("/form", methods=["POST"])
def form():
    return str(len(request.form["text"]))
