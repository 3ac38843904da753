from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from apikeys.access import MemberRequest, for_external_key, for_member, posted, require_page_or_act
from apikeys.forms import AddExternalKeyForm, EditRolesForm, external_key_seen
from apikeys.models import ExternalKey, Resource
from apikeys.responses import dialog, done
from apikeys.toolbar import ExternalToolbar

from .history import drawer
from .table import table_of


@require_safe
@gzip_page
@for_member(needs=Resource.VIEW)
def external(request: MemberRequest) -> HttpResponse:
    """The External tab."""
    return table_of(request, ExternalToolbar(request.account, request.GET), "apikeys/external.html")


@require_page_or_act
@for_member(needs=Resource.EDIT)
def add(request: MemberRequest) -> HttpResponse:
    """Give an existing key of another account roles in this one."""
    form = AddExternalKeyForm(posted(request), account=request.account)
    if request.method != "POST" or not form.is_valid():
        return dialog(request, "apikeys/external_add.html", _("Add Key"), {"form": form})
    ExternalKey.add(request.account, form.cleaned_data["key"], roles=form.cleaned_data["roles"], by=request.actor)
    return done(request, _("External key added"))


@require_page_or_act
@for_external_key(needs=Resource.EDIT)
def edit(request: MemberRequest, key: ExternalKey) -> HttpResponse:
    """Change the roles that the key has here."""
    form = EditRolesForm(posted(request), initial={"roles": key.roles.all(), "state": key.state})
    if request.method != "POST" or not form.is_valid():
        return dialog(request, "apikeys/external_edit.html", _("Edit Key"), {"key": key, "form": form})
    key.edit(roles=form.cleaned_data["roles"], seen=form.cleaned_data["state"], by=request.actor)
    return done(request, _("Changes saved"))


@require_page_or_act
@for_external_key(needs=Resource.EDIT)
def remove(request: MemberRequest, key: ExternalKey) -> HttpResponse:
    """Ask before the key loses its access to this account."""
    if request.method != "POST":
        return dialog(request, "apikeys/external_remove.html", _("Remove Key"), {"key": key})
    key.remove(by=request.actor, seen=external_key_seen(request.POST))
    return done(request, _("External key removed"))


@require_safe
@for_external_key(needs=Resource.VIEW)
def history(request: MemberRequest, key: ExternalKey) -> HttpResponse:
    """What this account did with the key; what its own account does is shown there."""
    return drawer(request, key)
