import pytest
from django.contrib.messages import get_messages

from apikeys.models import APIKey
from apikeys.verification import Outcome, decide
from tests.conftest import BY
from tests.views.conftest import url


def outcome(key) -> Outcome:
    return decide(key.key, key.plaintext).outcome


def said(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def deactivate(visitor, key, token=None):
    return visitor.post(url("status", key), {"token": token or key.token.pk})


def test_a_deactivated_key_is_refused_at_once(htmx, erp):
    assert outcome(erp) is Outcome.ACCEPTED

    assert said(deactivate(htmx, erp)) == ["Key deactivated"]
    assert outcome(erp) is Outcome.INACTIVE


def test_activating_brings_the_very_same_tokens_back(htmx, shop):
    shop.deactivate(by=BY)
    response = htmx.post(url("status", shop), {"status": "active"})

    assert (response.status_code, said(response)) == (204, ["Key activated"])
    assert decide(shop.key, shop.old).outcome is decide(shop.key, shop.new).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("used", [1, 48, None])
def test_the_confirmation_warns_while_the_key_is_in_use(plain, erp, last_used, used):
    last_used(erp.token, hours=used)

    assert ("The key is still in use." in plain.get(url("status", erp)).text) == (used == 1)


def test_a_use_of_the_old_token_is_a_use_of_the_key(plain, shop, last_used):
    last_used(shop.old_token, hours=1)

    assert "The key is still in use." in plain.get(url("status", shop)).text


def test_a_key_that_somebody_deactivated_meanwhile_is_told(htmx, erp):
    erp.deactivate(by=BY)

    for response in (htmx.get(url("status", erp)), deactivate(htmx, erp)):
        assert response.status_code == 409
        assert said(response)[-1] == "This key was changed by another user. The list was updated."


def test_a_key_that_was_renewed_meanwhile_is_left_alone(htmx, erp):
    seen = erp.token.pk
    erp.renew(by=BY)

    assert deactivate(htmx, erp, seen).status_code == 409
    assert APIKey.objects.get().is_active


@pytest.mark.parametrize("data", [{}, {"status": "inactive"}, {"status": "x", "token": "x"}])
def test_a_form_that_does_not_say_what_it_means_changes_nothing(htmx, erp, data):
    assert htmx.post(url("status", erp), data).status_code == 409
    assert APIKey.objects.get().is_active
