from __future__ import annotations

from wsgiref.headers import Headers

from django.contrib.staticfiles.apps import StaticFilesConfig


class StaticFiles(StaticFilesConfig):
    """Collect what pages ask for: not the second viewer that django-ninja brings, nor the map of Swagger's script."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "redoc.*", "swagger-ui-bundle.js.map"]


def add_policy(headers: Headers, path: str, url: str) -> None:
    """A file is part of a page and loads nothing by itself."""
    headers["Content-Security-Policy"] = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
