"""What Django itself takes: a view that does nothing and one with a single ORM query, without any middleware."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import django

django.setup()

from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

from apikeys.models import Token


def empty(request):
    return HttpResponse(status=204)


def select(request):
    token = Token.objects.filter(selector=request.headers["X-VTEX-API-AppToken"][:25]).first()
    return HttpResponse(status=204 if token else 401)


urlpatterns = [path("empty", empty), path("select", select)]
settings.MIDDLEWARE, settings.ROOT_URLCONF = [], __name__
application = WSGIMiddleware(get_wsgi_application(), workers=int(os.environ["THREADS"]))
