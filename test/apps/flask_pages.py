"""A Flask application with one page for each thing that frameworks do, under wsgiref.validate."""

from wsgiref.validate import validator

from flask import Flask, Response, redirect, request

flask = Flask(__name__)
application = validator(flask)


@flask.route("/")
def index():
    return "hello"


@flask.route("/greet/<name>")
def greet(name):
    return f"{name} {request.args['lang']}"


@flask.route("/form", methods=["POST"])
def form():
    return f"{request.form['a']}|{request.form['b']}"


@flask.route("/upload", methods=["POST"])
def upload():
    sent = request.files["file"]
    return f"{sent.filename} {len(sent.read())}"


@flask.route("/stream")
def stream():
    return Response(f"part {n}\n" for n in range(3))


@flask.route("/cookies")
def cookies():
    response = Response(request.cookies.get("given", ""))
    response.set_cookie("one", "1")
    response.set_cookie("two", "2")
    return response


@flask.route("/away")
def away():
    return redirect("/")


@flask.route("/boom")
def boom():
    raise RuntimeError("boom on purpose")
