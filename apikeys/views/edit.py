from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from apikeys.access import MemberRequest, for_key, posted, require_page_or_act
from apikeys.forms import EditKeyForm
from apikeys.models import APIKey, Resource
from apikeys.responses import dialog, done


@require_page_or_act
@for_key(needs=Resource.EDIT)
def edit(request: MemberRequest, key: APIKey) -> HttpResponse:
    """Change the roles and the status of a key."""
    seen = {"roles": key.roles.all(), "is_active": key.is_active, "state": key.state}
    form = EditKeyForm(posted(request), initial=seen)
    if request.method != "POST" or not form.is_valid():
        return dialog(request, "apikeys/edit.html", _("Edit Key"), {"key": key, "form": form})
    asked = form.cleaned_data
    key.edit(roles=asked["roles"], is_active=asked["is_active"], seen=asked["state"], by=request.actor)
    return done(request, _("Changes saved"))
