"""A key of acme's that asks to enter another account: `?account=` on the check."""

import pytest
from django.contrib.auth.models import Group

from apikeys.models import ExternalKey
from tests.conftest import BY


@pytest.fixture
def enter(verify):
    return lambda key, plaintext, account: verify(key.key, plaintext, query={"account": account})


@pytest.fixture
def guest(globex, erp):
    erp.roles.add(Group.objects.get(name="Logistics"))
    return ExternalKey.add(globex, erp, roles=[Group.objects.get(name="Catalog")], by=BY)


@pytest.mark.parametrize(("account", "roles"), [("globex", "Catalog"), ("acme", "Logistics"), ("", "Logistics")])
def test_the_answer_is_of_the_account_that_was_asked_for(enter, guest, erp, account, roles):
    response = enter(erp, erp.plaintext, account)

    assert response.status_code == 204
    assert (response["X-Api-Account"], response["X-Api-Key"]) == (account or "acme", erp.key)
    assert response["X-Api-Roles"] == roles


@pytest.mark.parametrize("account", ["globex", "nobody", "ACME", "acme ", "-1", "\x00", "é", "x" * 5000])
def test_a_key_that_was_not_added_has_no_access_there(enter, globex, erp, account):
    response = enter(erp, erp.plaintext, account)

    assert (response.status_code, response.json()["code"]) == (403, "no_access")


@pytest.mark.parametrize("accounts", [("acme", "globex"), ("globex", "acme"), ("globex", "globex"), ("", "")])
def test_an_account_asked_for_twice_is_none(verify, guest, erp, accounts):
    response = verify(erp.key, erp.plaintext, query=[("account", account) for account in accounts])

    assert (response.status_code, response.json()["code"]) == (403, "no_access")


def test_a_wrong_token_does_not_learn_where_the_key_has_access(enter, guest, erp, shop):
    answers = [enter(erp, shop.new, account) for account in ("acme", "globex", "nobody")]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1


def test_what_its_own_account_does_counts_in_the_other(enter, guest, erp):
    erp.deactivate(by=BY)

    assert enter(erp, erp.plaintext, "globex").json()["code"] == "key_inactive"


def test_from_its_removal_on_it_has_no_access(enter, guest, erp):
    assert enter(erp, erp.plaintext, "globex").status_code == 204
    guest.remove(by=BY)

    assert enter(erp, erp.plaintext, "globex").status_code == 403
    assert enter(erp, erp.plaintext, "acme").status_code == 204


def test_an_entry_refused_is_no_line_in_a_history(enter, globex, erp):
    enter(erp, erp.plaintext, "globex")

    assert erp.events.count() == 1
