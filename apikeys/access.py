"""Who asks, from where, and what they may reach: the decorators of every page."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from .models import Account, Actor, APIKey, KeyGone, Member, NotAllowed, Refusal, User
from .responses import refused

View = Callable[..., HttpResponseBase]
require_page_or_act = require_http_methods(["GET", "HEAD", "POST"])


class MemberRequest(HttpRequest):
    """A request as the views of an account get it."""

    user: User
    htmx: HtmxDetails
    member: Member
    account: Account
    actor: Actor


def for_member(*, needs: str, back_to: str = "") -> Callable[[View], View]:
    """Sign in, find the member's account (else 404), ask for the resource (else 403), answer refusals.

    The view gets `request.member`, `request.account` and `request.actor`. `back_to` names the page of the account that
    the sign-in leads to, where the view itself shows none.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def page(request: MemberRequest, account: str, **found: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return sign_in(request, back_to=reverse(back_to, args=[account]) if back_to else "")
            request.member = _member(request.user, account)
            request.account = request.member.account
            request.actor = Actor(request.user.email, address_of(request))
            try:
                if not request.member.may(needs):
                    raise NotAllowed
                with timezone.override(request.account.tz):
                    return view(request, **found)
            except Refusal as refusal:
                return refused(request, refusal)

        return page

    return decorate


def for_key(*, needs: str) -> Callable[[View], View]:
    """As for_member, and give the view the key of that name in that account (else 404)."""

    def decorate(view: View) -> View:
        @for_member(needs=needs)
        @functools.wraps(view)
        def page(request: MemberRequest, key: str) -> HttpResponseBase:
            return view(request, _key(request.account, key))

        return page

    return decorate


def _member(user: User, account: str) -> Member:
    member = user.memberships.select_related("account").filter(account__slug=account).first()
    if member is None:
        raise Http404
    return member


def _key(account: Account, key: str) -> APIKey:
    found = account.api_keys.for_table().filter(key=key).first()
    if found is None:
        raise KeyGone
    return found


def sign_in(request: MemberRequest, *, back_to: str = "") -> HttpResponse:
    """Lead to the sign-in page, and from there back to what was on screen."""
    on_screen = request.htmx.current_url_abs_path if request.htmx else back_to or request.get_full_path()
    if request.method != "GET" and not request.htmx:
        on_screen = reverse("home")
    query = {"next": on_screen or reverse("home")}
    if settings.SESSION_COOKIE_NAME in request.COOKIES:
        query["session"] = "ended"
    address = f"{reverse(settings.LOGIN_URL)}?{urlencode(query)}"
    return HttpResponseClientRedirect(address) if request.htmx else HttpResponseRedirect(address)


def is_path_of_ours(address: str) -> bool:
    """Tell a path of this site from an address with a host, though it be one of ALLOWED_HOSTS."""
    return address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what the form of a page was posted with, or None when the page is only looked at."""
    return request.POST if request.method == "POST" else None


def address_of(request: HttpRequest) -> str | None:
    """Return the address of the connection, or of the client where a proxy that the server trusts named it."""
    try:
        return str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "").partition("%")[0]))
    except ValueError:
        return None
