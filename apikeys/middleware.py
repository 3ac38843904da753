from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.db import DataError
from django.http import HttpResponse
from django.utils import timezone

from . import metrics
from .api.errors import JSON, Problem, problem
from .views.errors import bad_request

NOTED_EVERY = 60
MISTAKES = (ValueError, OverflowError, DataError)

logger = logging.getLogger(__name__)


class PrintableCookies:
    """Leave out cookies that cannot be ours: PostgreSQL raises at a session whose name has a NUL in it."""

    def __init__(self, get_response: Callable[[Any], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.COOKIES = {name: value for name, value in request.COOKIES.items() if value.isprintable()}
        return self.get_response(request)


class StaffMistakes:
    """Answer 400 where Django admin raises because it looks up an id, a year or a word as it came."""

    def __init__(self, get_response: Callable[[Any], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: Any, exception: Exception) -> HttpResponse | None:
        if request.resolver_match.app_name != "admin" or not isinstance(exception, MISTAKES):
            return None
        logger.warning("Not understood by Django admin: %s", request.path, exc_info=exception)
        return bad_request(request, exception)


class Timed:
    """Notes how long each request took, by its route and status."""

    def __init__(self, get_response: Callable[[Any], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        view = request.resolver_match.view_name if request.resolver_match else "none"
        metrics.requests.labels(view, response.status_code).observe(time.perf_counter() - started)
        return response


class MachineAnswers:
    """What every answer under /api/ has, whoever gives it: a charset, no place in a cache, and JSON for a 405 too."""

    def __init__(self, get_response: Callable[[Any], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith("/api/"):
            return response
        if response.status_code == 405:
            response = problem(request, Problem(405, headers={"Allow": response["Allow"]}))
        if response.get("Content-Type") == "application/json":
            response["Content-Type"] = JSON
        response.setdefault("Cache-Control", "no-store")
        return response


class SessionLimits:
    """Sign out who was idle for SESSION_IDLE_AGE seconds, or signed in SESSION_COOKIE_AGE seconds ago.

    The session notes its last use at most once a minute.
    """

    def __init__(self, get_response: Callable[[Any], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        if request.path.startswith("/api/"):
            # Machines sign in with a key; a browser's cookie adds nothing there.
            return self.get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            self._limit(request)
        response = self.get_response(request)
        if request.session.modified:
            # Perhaps a sign-in: its limits begin now, not with the next request.
            self._limit(request)
        return response

    def _limit(self, request: Any) -> None:
        if not request.user.is_authenticated:
            return
        now = int(time.time())
        seen_at = request.session.get("seen_at")
        if seen_at is None:
            # A moment, not an age: an age would begin again whenever the session is saved.
            request.session.set_expiry(timezone.now() + dt.timedelta(seconds=settings.SESSION_COOKIE_AGE))
            request.session["seen_at"] = now
        elif now - seen_at > settings.SESSION_IDLE_AGE:
            logout(request)
        elif now - seen_at > NOTED_EVERY:
            request.session["seen_at"] = now
