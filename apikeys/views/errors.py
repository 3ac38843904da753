"""Pages for what went wrong: they say what to do, and nothing of the inside."""

from __future__ import annotations

import sys
from typing import Any

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import translation

from apikeys.api.errors import Problem, problem


def bad_request(request: Any, exception: Exception) -> HttpResponse:
    return error(request, 400)


def denied(request: Any, exception: Exception) -> HttpResponse:
    return error(request, 403)


def csrf_failure(request: Any, reason: str = "") -> HttpResponse:
    return error(request, 403, "csrf_failure.html")


def missing(request: Any, exception: Exception) -> HttpResponse:
    return error(request, 404)


def server_error(request: Any) -> HttpResponse:
    """Answer 500, or 503 when the database or the mail server is away or too busy: then it may be tried again."""
    if not isinstance(sys.exception(), OperationalError | InterfaceError | OSError):
        return error(request, 500)
    if not connection.in_atomic_block:
        connection.close()  # SQLite's file may have been moved and put back: what this thread has open is another one
    response = error(request, 503)
    response["Retry-After"] = "1"
    return response


def error(request: Any, status: int, template: str = "") -> HttpResponse:
    """Render without context processors: no session, no user, no query that might fail again."""
    if request.path.startswith("/api/"):
        return problem(request, Problem(status))
    if request.headers.get("HX-Request") == "true" and status < 500:
        # A whole page has no place in a dialog: let the browser ask again, and show it then.
        return HttpResponse(status=status, headers={"HX-Refresh": "true", "Cache-Control": "no-store"})
    # Asked again: what went wrong may have done so before LocaleMiddleware.
    with translation.override(translation.get_language_from_request(request)):
        response = render(None, template or f"{status}.html", {"request": request}, status=status)
    response["Cache-Control"] = "no-store"
    return response
