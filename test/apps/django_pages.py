"""The pages of flask_pages.py, by Django in one file."""

from wsgiref.validate import validator

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, SECRET_KEY="only for tests", ALLOWED_HOSTS=["*"])
django.setup()


def index(request):
    return HttpResponse("hello")


def greet(request, name):
    return HttpResponse(f"{name} {request.GET['lang']}")


def form(request):
    return HttpResponse(f"{request.POST['a']}|{request.POST['b']}")


def upload(request):
    sent = request.FILES["file"]
    return HttpResponse(f"{sent.name} {len(sent.read())}")


def stream(request):
    return StreamingHttpResponse(f"part {n}\n" for n in range(3))


def cookies(request):
    response = HttpResponse(request.COOKIES.get("given", ""))
    response.set_cookie("one", "1")
    response.set_cookie("two", "2")
    return response


def away(request):
    return HttpResponseRedirect("/")


def boom(request):
    raise RuntimeError("boom on purpose")


urlpatterns = [
    path("", index),
    path("greet/<name>", greet),
    path("form", form),
    path("upload", upload),
    path("stream", stream),
    path("cookies", cookies),
    path("away", away),
    path("boom", boom),
]
application = validator(get_wsgi_application())
