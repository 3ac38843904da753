from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from apikeys.access import MemberRequest, for_key, posted, require_page_or_act
from apikeys.forms import DeleteKeyForm, token_seen
from apikeys.models import APIKey, Resource
from apikeys.responses import dialog, done


@require_page_or_act
@for_key(needs=Resource.EDIT)
def delete(request: MemberRequest, key: APIKey) -> HttpResponse:
    """Delete a key and its tokens for good, once that was understood."""
    form = DeleteKeyForm(posted(request))
    if request.method == "POST":
        seen = token_seen(request.POST)
        if form.is_valid():
            key.delete(by=request.actor, seen=seen)
            return done(request, _("Key deleted"))
    return dialog(request, "apikeys/delete.html", _("Delete Key"), {"key": key, "form": form})
