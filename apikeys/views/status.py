from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from apikeys.access import MemberRequest, for_key, require_page_or_act
from apikeys.forms import token_seen
from apikeys.models import APIKey, ChangedMeanwhile, Resource
from apikeys.responses import dialog, done


@require_page_or_act
@for_key(needs=Resource.EDIT)
def status(request: MemberRequest, key: APIKey) -> HttpResponse:
    """Ask before a key is deactivated; activate it at once."""
    if request.method != "POST":
        if not key.is_active:
            raise ChangedMeanwhile
        return dialog(request, "apikeys/deactivate.html", _("Deactivate Key"), {"key": key})
    if request.POST.get("status") == "active":
        key.activate(by=request.actor)
        return done(request, _("Key activated"))
    key.deactivate(by=request.actor, seen=token_seen(request.POST))
    return done(request, _("Key deactivated"))
