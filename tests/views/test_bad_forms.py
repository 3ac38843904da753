"""Forms that say more than they are asked, and bodies that are no forms."""

import pytest
from django.test import Client

from apikeys.models import Account, APIKey, Token, User
from tests.views.conftest import url

MORE = {
    "account": "globex", "account_id": "2", "key": "vtexappkey-acme-AAAAAA", "api_key": "1", "id": "1", "pk": "1",
    "created_at": "2000-01-01", "created_by": "x", "is_old": "on", "hash": "forged", "selector": "forged",
    "in_beta": "", "slug": "forged", "is_staff": "on", "is_superuser": "on", "user_permissions": "1",
    "email": "forged@e.x", "last_used_at": "2000-01-01", "text": "forged",
}  # fmt: skip
FORMS = {
    "generate": {"name": "ERP sync"},
    "edit": {"is_active": "on"},
    "status": {},
    "delete": {},
    "renewal": {},
    "renewal_complete": {"old_token": "later"},
    "renewal_undo": {},
    "old_token_delete": {},
    "settings": {"token_duration": "180"},
}
WITHOUT_KEY = ("generate", "settings")


def address(route: str, key) -> str:
    return url(route, None if route in WITHOUT_KEY else key)


@pytest.mark.parametrize("route", FORMS)
def test_fields_that_nobody_asked_for_are_not_listened_to(plain, globex, erp, shop, route):
    key = erp if route == "renewal" else shop
    asked = {"token": shop.token.pk, "state": APIKey.objects.get(pk=shop.pk).state, **FORMS[route]}
    before = fixed()

    assert plain.post(address(route, key), MORE | asked).status_code in (200, 303, 422)

    after = fixed()
    stayed, new = before.keys() & after.keys(), after.keys() - before.keys()
    assert {row: after[row] for row in stayed} == {row: before[row] for row in stayed}
    assert {kind for kind, _ in new} <= {"key", "token"}
    assert not [row for row in new if {globex.pk, "forged"} & set(after[row]) or "2000" in str(after[row])]


def fixed() -> dict[tuple[str, int], tuple]:
    """What no form of a member may change, nor set, of every row."""
    rows = {
        "key": APIKey.objects.values_list("pk", "account", "key", "name", "created_at", "text"),
        "token": Token.objects.values_list("pk", "api_key", "selector", "hash", "created_at", "last_used_at"),
        "account": Account.objects.values_list("pk", "slug", "name", "in_beta", "time_zone"),
        "user": User.objects.values_list("pk", "email", "is_staff", "is_superuser", "is_active"),
    }
    return {(kind, row[0]): row[1:] for kind, found in rows.items() for row in found}


@pytest.mark.parametrize("path", ["/auth/login/", "/auth/password/reset/", "/theme/", "/language/"])
def test_before_the_sign_in_they_are_not_listened_to_either(client, admin, path):
    before = fixed()
    client.post(path, MORE | {"login": admin.email, "password": "x", "email": admin.email})

    assert fixed() == before


URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"
PART = '--b\r\nContent-Disposition: form-data; name="name"'
BODIES = [
    (URLENCODED, "&" * 100_000),
    (URLENCODED, "name"),
    (URLENCODED, "%" * 1_000),
    (URLENCODED + "; charset=utf-16", "name=x"),
    (URLENCODED + "; charset=rot13", "name=x"),
    (MULTIPART, ""),
    (MULTIPART, "--b"),
    (MULTIPART, PART),
    (MULTIPART, f"{PART}\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!\r\n--b--"),
    (MULTIPART, f"{PART}\r\nContent-Transfer-Encoding: base64\r\n\r\n{' ' * 500_000}\r\n--b--"),
    (MULTIPART, f'{PART}; filename="\x00"\r\n\r\nx\r\n--b--'),
    (
        MULTIPART,
        "".join(f'--b\r\nContent-Disposition: form-data; name="f{n}"\r\n\r\n1\r\n' for n in range(2_000)) + "--b--",
    ),
    (MULTIPART, "--b\r\n" + "X: y\r\n" * 2_000 + "\r\n--b--"),
    ("multipart/form-data", "x"),
    ("multipart/form-data; boundary=", "x"),
    ("multipart/form-data; boundary=é", "x"),
    ("multipart/form-data; boundary=" + "b" * 9_000, "x"),
    ("application/json", '{"name": "x"}'),
    ("application/json", "{" * 100_000),
    ("text/xml", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'),
    ("text/plain", "name=x"),
    ("", "name=x"),
    ("é/é", "name=x"),
]
TOO_MUCH = [
    (URLENCODED, "name=x&x=" + "a" * 3 * 1024 * 1024),
    (URLENCODED, "name=x&" + "&".join(f"f{n}=1" for n in range(2_000))),
    (MULTIPART, "".join(f'{PART[:-1]}{n or ""}"\r\n\r\n1\r\n' for n in range(2_000)) + "--b--"),
    (MULTIPART, f'{PART}\r\n\r\nx\r\n{PART[:-5]}x"\r\n\r\n{"a" * 3 * 1024 * 1024}\r\n--b--'),
]
REFUSED = (400, 403, 413, 415, 422)


@pytest.mark.parametrize(("kind", "body"), BODIES)
def test_a_body_that_is_no_form_is_refused_and_changes_nothing(admin, acme, kind, body):
    member = Client(raise_request_exception=False)
    member.force_login(admin)

    assert member.generic("POST", url("generate"), body, kind).status_code in REFUSED
    assert not APIKey.objects.exists()
    assert Client(raise_request_exception=False).generic("POST", "/auth/login/", body, kind).status_code in (
        200,
        *REFUSED,
    )


@pytest.mark.parametrize(("kind", "body"), TOO_MUCH, ids=["bytes", "fields", "parts", "bytes of a part"])
def test_a_body_of_too_much_is_refused_whole(plain, acme, kind, body):
    assert plain.generic("POST", url("generate"), body, kind).status_code == 400
    assert not APIKey.objects.exists()
