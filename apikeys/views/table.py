from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from apikeys.access import LAST_ACCOUNT, MemberRequest, for_member, last_member, sign_in
from apikeys.compression import brotli_page
from apikeys.menu import menu_of
from apikeys.models import NotAllowed, Resource
from apikeys.responses import refused
from apikeys.toolbar import GeneratedToolbar, Toolbar


@require_safe
def home(request: MemberRequest) -> HttpResponse:
    """Lead to the keys of the account that this browser used last, else of the user's first one."""
    if not request.user.is_authenticated:
        return sign_in(request)
    if member := last_member(request):
        return redirect(member.account)
    return redirect("admin:index") if request.user.is_staff else refused(request, NotAllowed())


@require_safe
@gzip_page
@brotli_page
@for_member(needs=Resource.VIEW)
def table(request: MemberRequest) -> HttpResponse:
    """The Generated tab."""
    return table_of(request, GeneratedToolbar(request.account, request.GET), "apikeys/table.html")


def table_of(request: MemberRequest, toolbar: Toolbar, template: str) -> HttpResponse:
    """Show the page that the toolbar finds, or lead to the last one there is."""
    page = toolbar.finding.page()
    if page is None:
        messages.warning(request, _("This page does not exist. The last available page is displayed."))
        return redirect(toolbar.address_of(toolbar.finding.last_page()))
    rows = [(key, menu_of(key, request.member)) for key in page.keys]
    response = render(request, template, {"toolbar": toolbar, "page": page, "rows": rows})
    response.set_cookie(
        LAST_ACCOUNT,
        request.account.slug,
        max_age=365 * 24 * 60 * 60,
        samesite="Lax",
        secure=settings.HTTPS,
        httponly=True,
    )
    response["Cache-Control"] = "no-store"
    return response
