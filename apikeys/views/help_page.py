from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apikeys.access import MemberRequest, last_member, sign_in


@require_safe
def help_page(request: MemberRequest) -> HttpResponse:
    """What the words of the product mean, for whoever is signed in, in the frame of the account used last."""
    if not request.user.is_authenticated:
        return sign_in(request)
    if member := last_member(request):
        request.member, request.account = member, member.account
    response = render(request, "apikeys/help.html", {"without_tabs": True})
    response["Cache-Control"] = "no-store"
    return response
