from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apikeys.access import MemberRequest, for_key
from apikeys.history import page_of
from apikeys.models import APIKey, ExternalKey, Resource
from apikeys.responses import dialog


@require_safe
@for_key(needs=Resource.VIEW)
def history(request: MemberRequest, key: APIKey) -> HttpResponse:
    return drawer(request, key)


def drawer(request: MemberRequest, key: APIKey | ExternalKey) -> HttpResponse:
    """Show the events of the key; of the page that htmx asks for next, the open drawer takes only the events."""
    before = request.GET.get("before", "")
    context = {"key": key, "page": page_of(key, before), "appended": bool(request.htmx and before)}
    return dialog(request, "apikeys/history.html", _("History"), context)
