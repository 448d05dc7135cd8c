"""The pages of flask_pages.py, by Falcon."""

from wsgiref.validate import validator

import falcon

pages = falcon.App()
application = validator(pages)


class Index:
    def on_get(self, request, response):
        response.content_type = falcon.MEDIA_HTML
        response.text = "hello"

    on_head = on_get


class Greet:
    def on_get(self, request, response, name):
        response.text = f"{name} {request.get_param('lang')}"


class Form:
    def on_post(self, request, response):
        sent = request.get_media()
        response.text = f"{sent['a']}|{sent['b']}"


class Upload:
    def on_post(self, request, response):
        for part in request.get_media():
            response.text = f"{part.filename} {len(part.stream.read())}"


class Stream:
    def on_get(self, request, response):
        response.stream = (b"part %d\n" % n for n in range(3))


class Cookies:
    def on_get(self, request, response):
        response.set_cookie("one", "1", secure=False)
        response.set_cookie("two", "2", secure=False)
        response.text = request.get_cookie_values("given")[0]


class Away:
    def on_get(self, request, response):
        raise falcon.HTTPFound("/")


class Boom:
    def on_get(self, request, response):
        raise RuntimeError("boom on purpose")


pages.add_route("/", Index())
pages.add_route("/greet/{name}", Greet())
pages.add_route("/form", Form())
pages.add_route("/upload", Upload())
pages.add_route("/stream", Stream())
pages.add_route("/cookies", Cookies())
pages.add_route("/away", Away())
pages.add_route("/boom", Boom())
