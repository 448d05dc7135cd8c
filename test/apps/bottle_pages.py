"""The pages of flask_pages.py, by Bottle."""

from wsgiref.validate import validator

import bottle
from bottle import request, response

pages = bottle.Bottle()
application = validator(pages)


@pages.get("/")
def index():
    return "hello"


@pages.get("/greet/<name>")
def greet(name):
    return f"{name} {request.query.lang}"


@pages.post("/form")
def form():
    return f"{request.forms.getunicode('a')}|{request.forms.getunicode('b')}"


@pages.post("/upload")
def upload():
    sent = request.files["file"]
    return f"{sent.filename} {len(sent.file.read())}"


@pages.get("/stream")
def stream():
    for n in range(3):
        yield f"part {n}\n"


@pages.get("/cookies")
def cookies():
    response.set_cookie("one", "1")
    response.set_cookie("two", "2")
    return request.get_cookie("given", "")


@pages.get("/away")
def away():
    bottle.redirect("/", 302)


@pages.get("/boom")
def boom():
    raise RuntimeError("boom on purpose")
