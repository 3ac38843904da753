import pytest
from bs4 import BeautifulSoup
from django.contrib.messages import get_messages

from apikeys.models import APIKey, Event, Token
from apikeys.verification import Outcome, decide
from tests.conftest import BY
from tests.views.conftest import url


def delete(visitor, key, *, understood=True, token=None):
    data = {"token": token or key.token.pk} | ({"understood": "on"} if understood else {})
    return visitor.post(url("delete", key), data)


def test_the_key_and_its_tokens_are_gone_for_good(htmx, shop):
    response = delete(htmx, shop)

    assert [str(message) for message in get_messages(response.wsgi_request)] == ["Key deleted"]
    assert not APIKey.objects.exists()
    assert not Token.objects.exists()
    assert decide(shop.key, shop.old).outcome is decide(shop.key, shop.new).outcome is Outcome.WRONG


def test_the_history_stays(htmx, erp):
    delete(htmx, erp)

    assert list(Event.objects.order_by("pk").values_list("action", "key")) == [
        ("generated", erp.key),
        ("deleted", erp.key),
    ]


@pytest.mark.parametrize("visitor", ["plain", "htmx"])
def test_it_has_to_be_understood(request, erp, visitor):
    response = delete(request.getfixturevalue(visitor), erp, understood=False)

    page = BeautifulSoup(response.content, "html.parser")
    check = page.find("input", attrs={"name": "understood"})
    assert response.status_code == 422
    assert page.find(id=check["aria-describedby"]).get_text() == "Check this option to delete the key"
    assert check.has_attr("autofocus")
    assert APIKey.objects.exists()


@pytest.mark.parametrize("used", [1, 48, None])
def test_the_confirmation_warns_while_the_key_is_in_use(plain, erp, last_used, used):
    last_used(erp.token, hours=used)

    assert ("The key is still in use." in plain.get(url("delete", erp)).text) == (used == 1)


def test_a_key_that_was_renewed_meanwhile_is_left_alone(htmx, erp):
    seen = erp.token.pk
    erp.renew(by=BY)

    assert delete(htmx, erp, token=seen).status_code == 409
    assert APIKey.objects.exists()


@pytest.mark.parametrize("data", [{}, {"understood": "on"}, {"understood": "on", "token": "x"}])
def test_a_form_that_does_not_say_which_token_it_saw_changes_nothing(htmx, erp, data):
    assert htmx.post(url("delete", erp), data).status_code == 409
    assert APIKey.objects.exists()


def test_a_key_that_is_gone_already_is_told(htmx, erp):
    token = erp.token.pk
    APIKey.objects.get(pk=erp.pk).delete(by=BY)

    assert delete(htmx, erp, token=token).status_code == 404
