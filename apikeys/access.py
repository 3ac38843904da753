"""Who asks, from where, and what they may reach: the decorators of every page."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from .models import Account, Actor, KeyGone, Member, NotAllowed, Refusal, User
from .responses import refused

LAST_ACCOUNT = "account"  # the cookie that names it

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
    return _for_one_of(lambda account: account.api_keys, needs=needs)


def for_external_key(*, needs: str) -> Callable[[View], View]:
    """As for_key, with the key of another account that was added to this one."""
    return _for_one_of(lambda account: account.external_keys, needs=needs)


def _for_one_of(keys: Callable[[Account], Any], *, needs: str) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @for_member(needs=needs)
        @functools.wraps(view)
        def page(request: MemberRequest, key: str) -> HttpResponseBase:
            found = keys(request.account).for_table().filter(key=key).first()
            if found is None or found.is_gone:
                raise KeyGone
            return view(request, found)

        return page

    return decorate


def last_member(request: MemberRequest) -> Member | None:
    """Return the user as a member of the account that this browser used last, else of their first one."""
    members = {member.account.slug: member for member in _memberships(request.user)}
    return members.get(request.COOKIES.get(LAST_ACCOUNT, "")) or next(iter(members.values()), None)


def _member(user: User, account: str) -> Member:
    member = _memberships(user).filter(account__slug=account).first()
    if member is None:
        raise Http404
    return member


def _memberships(user: User) -> QuerySet[Member]:
    return user.memberships.select_related("account").order_by("account__slug")


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
    return address(request.META.get("REMOTE_ADDR", ""))


def address(client: str) -> str | None:
    """Return what the server calls the client as an address, without its zone, or None where it is none."""
    try:
        return str(ipaddress.ip_address(client.partition("%")[0]))
    except ValueError:
        return None
