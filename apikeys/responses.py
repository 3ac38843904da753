"""The answers of every flow: a dialog, done, or refused; each for htmx and for a plain browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django_htmx.http import reselect, reswap, retarget, trigger_client_event

from .models import NotAllowed, Refusal
from .tabs import address_of_tab

if TYPE_CHECKING:
    from .access import MemberRequest

# What asks from within an open dialog.
IN_DIALOG = ("dialog-alert", "older-events")


def dialog(
    request: MemberRequest, template: str, title: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Show the template of a flow: as a dialog over the page, or as a page of its own. With errors in its form: 422."""
    layout = "apikeys/_dialog.html" if request.htmx else "apikeys/_page.html"
    if "form" in context and context["form"].errors:
        status = 422
    response = render(request, template, {"layout": layout, "title": title, **context}, status=status)
    response["Cache-Control"] = "no-store"
    return response


def done(request: MemberRequest, message: object) -> HttpResponse:
    """Close the dialog, or lead back to the tab; the message is shown there."""
    for _earlier in messages.get_messages(request):
        pass
    messages.success(request, str(message))
    if request.htmx:
        return close_dialog()
    return HttpResponseRedirect(address_of_tab(request.account, request), status=303)


def refused(request: MemberRequest, refusal: Refusal) -> HttpResponse:
    """Say why nothing was done: in the open dialog, over the refreshed table, or on a page of its own."""
    if request.htmx and refusal.status in (404, 409):
        messages.warning(request, str(refusal))
        return close_dialog(status=refusal.status)
    if request.htmx and request.htmx.target in IN_DIALOG:
        response = render(
            request,
            "apikeys/_alert.html",
            {"kind": "critical", "title": refusal, "role": "alert"},
            status=refusal.status,
        )
        return reselect(reswap(retarget(response, "#dialog-alert"), "innerHTML"), ".alert")
    if not request.htmx and isinstance(refusal, NotAllowed):
        return render(request, "apikeys/denied.html", status=refusal.status)
    return dialog(request, "apikeys/refused.html", _("API Keys"), {"refusal": refusal}, status=refusal.status)


def close_dialog(*, status: int = 204) -> HttpResponse:
    """Ask the page to close what is open, which makes the table fetch itself again."""
    return trigger_client_event(HttpResponse(status=status, headers={"HX-Reswap": "none"}), "close-dialog")
