from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpResponse
from django.utils import timezone

from . import metrics
from .api.errors import JSON, Problem, problem

NOTED_EVERY = 60


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
