"""The pages of flask_pages.py, by Pyramid."""

from wsgiref.validate import validator

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPFound
from pyramid.response import Response


def index(request):
    return Response("hello")


def greet(request):
    return Response(f"{request.matchdict['name']} {request.GET['lang']}")


def form(request):
    return Response(f"{request.POST['a']}|{request.POST['b']}")


def upload(request):
    sent = request.POST["file"]
    return Response(f"{sent.filename} {len(sent.file.read())}")


def stream(request):
    return Response(app_iter=(b"part %d\n" % n for n in range(3)))


def cookies(request):
    response = Response(request.cookies.get("given", ""))
    response.set_cookie("one", "1")
    response.set_cookie("two", "2")
    return response


def away(request):
    return HTTPFound(location="/")


def boom(request):
    raise RuntimeError("boom on purpose")


with Configurator() as config:
    config.add_route("index", "/")
    config.add_view(index, route_name="index")
    config.add_route("greet", "/greet/{name}")
    config.add_view(greet, route_name="greet")
    for view in (form, upload, stream, cookies, away, boom):
        config.add_route(view.__name__, f"/{view.__name__}")
        config.add_view(view, route_name=view.__name__)
    application = validator(config.make_wsgi_app())
