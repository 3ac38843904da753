"""What the decorator and the DRF class have in common."""

import pytest
from django.contrib.auth.models import Group
from django.core.handlers.asgi import ASGIRequest
from django.db import InterfaceError, OperationalError
from django.urls import resolve

from apikeys.models import Account, ExternalKey
from tests.api.conftest import KEY, TOKEN
from tests.api.test_verify import failing, last_used, refusals
from tests.conftest import BY
from tests.test_verification import guess

pytestmark = pytest.mark.parametrize("path", ["plain", "rest"])


def test_the_view_learns_which_key_asks(ask, path, erp):
    erp.roles.set(Group.objects.filter(name__in=["Catalog", "Preços"]))

    answer = ask(path, erp, erp.plaintext)

    assert answer.status_code == 200
    assert answer.json() == {"account": "acme", "key": erp.key, "name": "ERP sync", "roles": ["Catalog"]}


def test_a_post_needs_no_form_token(ask, path, erp):
    path = {"plain": "plain/class"}.get(path, path)

    assert ask(path, erp, erp.plaintext, method="POST").status_code == 200
    assert ask(path, erp, guess(erp.plaintext), method="POST").status_code == 401


def test_nothing_unproven_gets_in(ask, path, erp, shop):
    for key, plaintext in [(erp, ""), (erp, shop.new), (shop, erp.plaintext), (erp, guess(erp.plaintext)), (erp, None)]:
        answer = ask(path, key, plaintext)
        assert answer.json() == {"code": "unauthorized", "message": "Unknown key or wrong token."}
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "AppToken")


def test_without_headers_nobody_gets_in(ask, path, erp):
    answer = ask(path)

    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "AppToken")


@pytest.mark.parametrize("extra", [[KEY], [TOKEN], [KEY, TOKEN], [KEY.replace("-", "_"), TOKEN.replace("-", "_")]])
def test_doubled_and_look_alike_headers_count_as_absent(path, erp, extra):
    values = {KEY: erp.key, TOKEN: erp.plaintext}
    names = extra if "_" in extra[0] else [KEY, TOKEN, *extra]
    headers = [(name.lower().encode(), values[name.replace("_", "-")].encode()) for name in names]
    scope = {"type": "http", "method": "GET", "path": f"/{path}", "headers": headers, "query_string": b""}

    answer = resolve(f"/{path}").func(ASGIRequest(scope, None))

    assert answer.status_code == 401


def test_a_refusal_of_a_right_token_says_why_and_is_in_the_history(ask, path, erp):
    Account.objects.update(refuses_outdated=True)
    erp.tokens.update(created_at="2020-01-01T00:00Z")
    outdated = ask(path, erp, erp.plaintext)
    erp.deactivate(by=BY)
    inactive = ask(path, erp, erp.plaintext)

    assert (outdated.status_code, outdated.json()["code"]) == (403, "token_outdated")
    assert (inactive.status_code, inactive.json()["code"]) == (403, "key_inactive")
    assert [event[0] for event in refusals(erp)] == ["refused_outdated", "refused_inactive"]


def test_the_old_token_of_a_renewal_is_told_to_be_deprecated(ask, path, shop):
    assert ask(path, shop, shop.old)["Deprecation"] == f"@{int(shop.token.created_at.timestamp())}"
    assert "Deprecation" not in ask(path, shop, shop.new)


def test_a_deleted_token_is_refused_from_then_on(ask, path, shop):
    assert ask(path, shop, shop.old).status_code == 200
    shop.delete_old_token(by=BY)

    assert ask(path, shop, shop.old).status_code == 401


def test_the_last_use_is_noted(ask, path, erp):
    ask(path, erp, erp.plaintext, REMOTE_ADDR="203.0.113.7", HTTP_USER_AGENT="erp/1.0")

    assert last_used(erp)[1:] == ("203.0.113.7", "erp/1.0")


def test_a_key_of_another_account_gets_in_where_it_was_added(ask, path, erp, globex):
    assert ask(f"{path}/globex", erp, erp.plaintext).json()["code"] == "no_access"
    ExternalKey.add(globex, erp, roles=[Group.objects.get(name="Pricing")], by=BY)

    told = ask(f"{path}/globex", erp, erp.plaintext).json()
    assert (told["account"], told["roles"]) == ("globex", ["Pricing"])


def test_where_it_cannot_be_known_nobody_gets_in(ask, path, erp, full_gate):
    answer = ask(path, erp, erp.plaintext)

    assert (answer.status_code, answer["Retry-After"], answer.json()["code"]) == (503, "1", "busy")


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed")], ids=type)
def test_without_the_database_nobody_gets_in(ask, path, erp, error):
    with failing(error, ""):
        answer = ask(path, erp, erp.plaintext)

    assert (answer.status_code, answer["Retry-After"], answer.json()["code"]) == (503, "1", "unavailable")
