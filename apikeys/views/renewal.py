from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apikeys.access import MemberRequest, for_key, require_page_or_act
from apikeys.forms import CompleteRenewalForm, token_seen
from apikeys.models import APIKey, ChangedMeanwhile, NoRenewalPending, Resource
from apikeys.responses import dialog, done


@require_page_or_act
@for_key(needs=Resource.RENEW)
def renewal(request: MemberRequest, key: APIKey) -> HttpResponse:
    """Create the new token and show it. This response is the only place where it is ever seen."""
    if request.method != "POST":
        return redirect(request.account)
    renewal = key.renew(by=request.actor)
    response = dialog(request, "apikeys/renew.html", _("Renew Token"), {"key": key, "renewal": renewal})
    # For whoever leaves without completing; after the page is rendered, so that it is the next one that shows it.
    messages.success(request, _("Token renewed. The old token is still valid."))
    return response


@require_POST
@for_key(needs=Resource.RENEW)
def complete(request: MemberRequest, key: APIKey) -> HttpResponse:
    """End the dialog of a renewal: keep the old token for now, or delete it."""
    form = CompleteRenewalForm(request.POST)
    if not form.is_valid():
        raise ChangedMeanwhile
    seen = form.cleaned_data["token"]
    if form.cleaned_data["old_token"] == "now":  # noqa: S105  # a choice, no password
        key.delete_old_token(by=request.actor, seen=seen)
        return done(request, _("Renewal completed. The old token was deleted."))
    key.keep_old_token(by=request.actor, seen=seen)
    return done(request, _("Renewal completed. Delete the old token once the integrations use the new one."))


@require_page_or_act
@for_key(needs=Resource.RENEW)
def delete_old_token(request: MemberRequest, key: APIKey) -> HttpResponse:
    if request.method != "POST":
        return confirm(request, "apikeys/delete_old_token.html", _("Delete Old Token"), key)
    key.delete_old_token(by=request.actor, seen=token_seen(request.POST))
    return done(request, _("Old token deleted"))


@require_page_or_act
@for_key(needs=Resource.RENEW)
def undo(request: MemberRequest, key: APIKey) -> HttpResponse:
    if request.method != "POST":
        return confirm(request, "apikeys/undo_renewal.html", _("Undo Renewal"), key)
    key.undo_renewal(by=request.actor, seen=token_seen(request.POST))
    return done(request, _("Renewal undone"))


def confirm(request: MemberRequest, template: str, title: str, key: APIKey) -> HttpResponse:
    """Ask before the end of a token, and show when it was last used."""
    if not key.is_renewing:
        raise NoRenewalPending
    return dialog(request, template, title, {"key": key})
