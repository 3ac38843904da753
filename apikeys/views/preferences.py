"""What a browser prefers: a theme and a language, each in a cookie, so that the server writes the first page right."""

from __future__ import annotations

from collections.abc import Container

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from apikeys.access import is_path_of_ours

THEMES = ("light", "dark")


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light or dark; then go back."""
    return remember(request, "theme", THEMES)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember one of LANGUAGES, which LocaleMiddleware reads from its cookie; then go back."""
    return remember(request, settings.LANGUAGE_COOKIE_NAME, dict(settings.LANGUAGES))


def remember(request: HttpRequest, name: str, known: Container[str]) -> HttpResponse:
    """Keep what was chosen, if it is known, for a year. `next` leads back, though never to another site."""
    back = request.POST.get("next", "")
    if not is_path_of_ours(back):
        back = reverse("home")
    response = HttpResponseRedirect(back, status=303)
    chosen = request.POST.get(name, "")
    if chosen in known:
        response.set_cookie(
            name, chosen, max_age=365 * 24 * 60 * 60, samesite="Lax", secure=settings.HTTPS, httponly=True
        )
    return response
