from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apikeys.access import MemberRequest, for_member
from apikeys.forms import SettingsForm
from apikeys.models import Resource, Token
from apikeys.responses import done


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, **found: Any) -> HttpResponseBase:
    """The Settings tab: to look at it and to change it are two resources."""
    return apply(request, **found) if request.method == "POST" else show(request, **found)


@for_member(needs=Resource.VIEW)
def show(request: MemberRequest) -> HttpResponse:
    account = request.account
    saved = {"token_duration": account.token_duration, "refuses_outdated": account.refuses_outdated}
    return page(request, SettingsForm(initial=saved))


@for_member(needs=Resource.SETTINGS)
def apply(request: MemberRequest) -> HttpResponse:
    form = SettingsForm(request.POST)
    if not form.is_valid():
        return page(request, form, status=422)
    request.account.apply_settings(**form.cleaned_data, by=request.actor)
    return done(request, _("Settings applied"))


def page(request: MemberRequest, form: SettingsForm, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "may_apply": request.member.may(Resource.SETTINGS),
        "outdated": Token.objects.refusable(request.account).tally(),
    }
    response = render(request, "apikeys/settings.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response
