"""Who may do what: every route of the URLconf, for every kind of visitor, with every method.

A route without a row here fails the tests.
"""

import re

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from apikeys.models import Account, APIKey, Event, ExternalKey, Token
from tests.views.conftest import url

VISITORS = ["anonymous", "viewer", "admin", "stranger", "staff"]
METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]

SIGN_IN = 302
NOT_ALLOWED = 405
# What each visitor gets, in their order: anonymous, viewer, admin, stranger, staff. Any other method is 405.
PAGES = {
    "home": {"GET": [SIGN_IN, 302, 302, 302, 302]},
    "keys": {"GET": [SIGN_IN, 200, 200, 404, 404]},
    "export": {"GET": [SIGN_IN, 200, 200, 404, 404]},
    "generate": {"GET": [SIGN_IN, 403, 200, 404, 404], "POST": [SIGN_IN, 403, 422, 404, 404]},
    "edit": {"GET": [SIGN_IN, 403, 200, 404, 404], "POST": [SIGN_IN, 403, 409, 404, 404]},
    "status": {"GET": [SIGN_IN, 403, 200, 404, 404], "POST": [SIGN_IN, 403, 303, 404, 404]},
    "delete": {"GET": [SIGN_IN, 403, 200, 404, 404], "POST": [SIGN_IN, 403, 422, 404, 404]},
    "external": {"GET": [SIGN_IN, 200, 200, 404, 404]},
    "external_add": {"GET": [SIGN_IN, 403, 200, 404, 404], "POST": [SIGN_IN, 403, 422, 404, 404]},
    "external_edit": {"GET": [SIGN_IN, 403, 200, 404, 404], "POST": [SIGN_IN, 403, 409, 404, 404]},
    "external_remove": {"GET": [SIGN_IN, 403, 200, 404, 404], "POST": [SIGN_IN, 403, 303, 404, 404]},
    "external_history": {"GET": [SIGN_IN, 200, 200, 404, 404]},
    "settings": {"GET": [SIGN_IN, 200, 200, 404, 404], "POST": [SIGN_IN, 403, 303, 404, 404]},
    "history": {"GET": [SIGN_IN, 200, 200, 404, 404]},
    "renewal": {"GET": [SIGN_IN, 403, 302, 404, 404], "POST": [SIGN_IN, 403, 200, 404, 404]},
    "renewal_complete": {"POST": [SIGN_IN, 403, 303, 404, 404]},
    "renewal_undo": {"GET": [SIGN_IN, 403, 200, 404, 404], "POST": [SIGN_IN, 403, 303, 404, 404]},
    "old_token_delete": {"GET": [SIGN_IN, 403, 200, 404, 404], "POST": [SIGN_IN, 403, 303, 404, 404]},
    "help": {"GET": [SIGN_IN, 200, 200, 200, 200]},
    "theme": {"POST": [303, 303, 303, 303, 303]},
    "language": {"POST": [303, 303, 303, 303, 303]},
}
WITHOUT_ACCOUNT = ("home", "help", "theme", "language")
WITHOUT_KEY = ("keys", "export", "generate", "external", "external_add", "settings")
# The same answer to everyone and to any method.
OPEN = {"verify": 401}


# Not here: the pages of allauth and of Django admin, which have tests of their own. /healthz, /readyz and /metrics are
# answered before any route: tests/test_probes.py, tests/test_metrics.py.
def routes() -> set[str]:
    ours = next(pattern for pattern in get_resolver().url_patterns if pattern.pattern.match("/") == ("/", (), {}))
    return {route.name for route in ours.url_patterns if isinstance(route, URLPattern)}


def test_every_route_has_its_row():
    assert routes() == set(PAGES) | set(OPEN)


@pytest.fixture
def visit(request, erp, shop, partner):
    """Ask as one of the visitors, with a form that says all that any flow needs."""

    def visit(visitor: str, route: str, method: str) -> int:
        client = Client()
        if visitor != "anonymous":
            client.force_login(request.getfixturevalue(visitor))
        key = {"renewal": erp}.get(route, partner if route.startswith("external") else shop)
        address = reverse(route) if route in WITHOUT_ACCOUNT else url(route, None if route in WITHOUT_KEY else key)
        form = {"token": shop.token.pk, "old_token": "now", "token_duration": 180, "external_key": partner.pk}
        data = form if method == "POST" else None
        response = getattr(client, method.lower())(address, data)
        b"".join(response)  # a file is open until it was read
        return response.status_code

    return visit


def expected(route: str, method: str, visitor: str) -> int:
    by_method = PAGES[route]
    if method == "HEAD":
        method = "GET"
    return by_method[method][VISITORS.index(visitor)] if method in by_method else NOT_ALLOWED


def state() -> tuple:
    return (
        list(Token.objects.values().order_by("pk")),
        list(APIKey.objects.values()),
        list(ExternalKey.objects.values("pk", "roles").order_by("pk")),
        list(Account.objects.filter(slug="acme").values()),
        Event.objects.count(),
    )


@pytest.mark.parametrize("visitor", VISITORS)
@pytest.mark.parametrize("route", PAGES)
def test_each_visitor_gets_what_the_table_says(visit, route, visitor):
    got = {method: visit(visitor, route, method) for method in METHODS}

    assert got == {method: expected(route, method, visitor) for method in METHODS}


@pytest.mark.parametrize("visitor", ["anonymous", "viewer", "stranger", "staff"])
@pytest.mark.parametrize("route", PAGES)
def test_who_is_refused_changes_nothing(visit, route, visitor):
    before = state()
    for method in METHODS:
        visit(visitor, route, method)

    assert state() == before


@pytest.mark.parametrize("route", PAGES)
def test_reading_changes_nothing(visit, route):
    before = state()
    for method in ["GET", "HEAD", "OPTIONS"]:
        visit("admin", route, method)

    assert state() == before


@pytest.mark.parametrize("method", METHODS)
def test_verify_answers_every_method_the_same(client, db, method):
    assert client.generic(method, "/api/verify").status_code == OPEN["verify"]


OF_A_KEY = sorted(set(PAGES) - {*WITHOUT_ACCOUNT, *WITHOUT_KEY, "history", "external_history"})


@pytest.mark.parametrize("route", OF_A_KEY)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_foreign_key_is_the_same_as_a_missing_one(client, stranger, admin, erp, partner, route, headers):
    client.force_login(stranger)
    foreign = partner if route.startswith("external") else erp  # globex's own key is external in acme alone
    missing = APIKey(key="vtexappkey-acme-AAAAAA")

    answers = [client.post(url(route, key, "globex"), headers=headers) for key in (foreign, missing)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert alike(answers[0]).replace(foreign.key, "") == alike(answers[1]).replace(missing.key, "")


def alike(response) -> str:
    """The answer without the token against forgery, which no two answers share."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.text)


@pytest.mark.parametrize("account", ["acme", "nobody"])
def test_a_foreign_account_is_the_same_as_a_missing_one(client, stranger, acme, account):
    client.force_login(stranger)
    response = client.get(f"/accounts/{account}/api-keys/")

    assert response.status_code == 404
    assert account not in response.text


@pytest.mark.parametrize(
    "key", ["-1", "0", "9223372036854775808", "1.5", "..%2f", "%0d%0a", "%00", "vtexappkey-acme-abcdef", "x" * 4000]
)
def test_what_cannot_be_a_key_is_404(plain, key):
    assert plain.get(f"/accounts/acme/api-keys/{key}/renewal/undo/").status_code == 404


def test_a_role_that_was_taken_counts_from_the_next_request(plain, acme, erp):
    acme.memberships.get().roles.clear()

    assert plain.post(url("renewal", erp)).status_code == 403


def test_a_member_that_was_removed_is_a_stranger_from_the_next_request(plain, acme, erp):
    acme.memberships.all().delete()

    assert plain.post(url("renewal", erp)).status_code == 404
