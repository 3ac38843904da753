"""How many requests a minute a calling key may send.

A key is counted once it was proven, so that nobody else can use up its requests, and after its answer, so that a busy
database is met once. Workers share the count through the cache; without the cache nobody is held up.
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from apikeys.models import APIKey
from apikeys.models.turns import turn

from .errors import Problem

WINDOW = 60

logger = logging.getLogger(__name__)


def refuse_too_many(key: APIKey) -> None:
    try:
        counted = cache.get(_name(key), 0)
    except Exception:  # each cache has errors of its own
        logger.warning("The requests of %s could not be read", key, exc_info=True)
        return
    if counted >= settings.API_REQUESTS_A_MINUTE:
        raise Problem(429, headers={"Retry-After": str(WINDOW - int(time.time()) % WINDOW)})


def counted(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Count the request that an operation answers, if its key was proven."""

    @functools.wraps(run)
    def answer(request: HttpRequest, *args: Any, **found: Any) -> HttpResponse:
        response = run(request, *args, **found)
        key = getattr(request, "caller", None)
        if key is not None and response.status_code not in (429, 503):
            _count(key)
        return response

    return answer


def _count(key: APIKey) -> None:
    try:
        with turn():  # the cache may be a table
            try:
                cache.incr(_name(key))
            except ValueError:  # the first of its minute
                cache.add(_name(key), 1, timeout=2 * WINDOW)
    except Exception:
        logger.warning("A request of %s could not be counted", key, exc_info=True)


def _name(key: APIKey) -> str:
    return f"api-requests:{key.pk}:{int(time.time()) // WINDOW}"
