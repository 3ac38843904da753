"""What load balancers and Prometheus ask, by address and without a session. docs/operations.md shows the answers."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST

from . import metrics
from .cache import Cache


class Probes:
    """Answers before anything asks for the host, a session or a language."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = PROBES.get(request.path)
        if probe is None:
            return self.get_response(request)
        response = probe(request)
        response["Cache-Control"] = "no-store"
        response["Content-Length"] = str(len(response.content))
        return response


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; whatever it needs may be away, which a new process would not mend."""
    return JsonResponse({"healthy": True})


def readyz(request: HttpRequest) -> HttpResponse:
    """Requests can be answered. Without Redis they can, so its loss is told but takes no host out of the balance."""
    if not _database_answers():
        return JsonResponse({"ready": False, "away": "database"}, status=503)
    return JsonResponse({"ready": True, "away": "" if _cache_answers() else "cache"})


def scrape(request: HttpRequest) -> HttpResponse:
    """The metrics, for who has METRICS_TOKEN. Without one there are none."""
    if not settings.METRICS_TOKEN:
        return HttpResponseNotFound()
    given, wanted = request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)


PROBES = {"/healthz": healthz, "/readyz": readyz, "/metrics": scrape}


def _database_answers() -> bool:
    """Ask over a connection of its own: that of the thread may wait for a server that will never answer."""
    fresh = connection.copy()
    try:
        with fresh.cursor() as cursor:
            cursor.execute("SELECT 1 FROM apikeys_token LIMIT 1")
        return True
    except Error:
        return False
    finally:
        fresh.close()


def _cache_answers() -> bool:
    """Tell whether it is Redis that answers, where it is Redis that should; otherwise it is the database."""
    cache.get("ready")
    return not Cache.is_away()
