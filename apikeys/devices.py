"""The browsers that a person signed in from before, as a signed cookie of each says. It opens nothing."""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse

AGE = 365 * 24 * 60 * 60


def remember_device(response: HttpResponse, email: str) -> None:
    """Give the browser a random name, that only this e-mail can use."""
    response.set_signed_cookie(
        _cookie(email),
        secrets.token_urlsafe(12),
        salt=email,
        max_age=AGE,
        httponly=True,
        secure=settings.HTTPS,
        samesite="Lax",
    )


def known_device(request: HttpRequest, email: str) -> str | None:
    """Return the random name of the device, if this e-mail signed in from it in the last year."""
    name: str | None = request.get_signed_cookie(_cookie(email), default=None, salt=email, max_age=AGE)
    return name


def _cookie(email: str) -> str:
    """One cookie a person: those who share a browser do not overwrite each other's."""
    digest = hashlib.sha256(email.encode()).hexdigest()[:16]
    return f"{'__Host-' if settings.HTTPS else ''}device-{digest}"
