"""Texts of every kind, sent as a browser sends them: each is an answer, none is an error."""

import pytest
from bs4 import BeautifulSoup
from django.core.cache import cache
from django.test import Client

from apikeys.models import APIKey
from tests.models.test_naughty_names import expected
from tests.naughty import CLASSES, can_be_sent
from tests.views.conftest import url

# What is no UTF-8 at all, as the bytes of a form or an address.
NO_TEXT = ["%ff", "%c0%80", "%ed%a0%80", "a%ffb", "%f4%90%80%80", "%e2%82"]
MANY = 3  # of each kind


@pytest.fixture(params=CLASSES)
def texts(request):
    return [text for text in CLASSES[request.param] if can_be_sent(text)][:MANY]


def test_generate_stores_a_name_exactly_or_says_why_not(htmx, acme, texts):
    for text in texts:
        response = htmx.post(url("generate"), {"name": text})
        outcome = expected(text)
        if isinstance(outcome, str):
            assert (response.status_code, APIKey.objects.latest("pk").name) == (200, outcome)
        else:
            field = BeautifulSoup(response.content, "html.parser").find(id="id_name_error")
            assert (response.status_code, field.get_text() in outcome) == (422, True)


@pytest.mark.parametrize("text", NO_TEXT)
def test_bytes_that_are_no_text_are_refused_as_a_name(htmx, acme, text):
    response = htmx.generic("POST", url("generate"), f"name={text}", "application/x-www-form-urlencoded")

    assert (response.status_code, "Use printable characters only" in response.text) == (422, True)
    assert not APIKey.objects.exists()


def test_a_name_of_a_mebibyte_is_refused_and_not_sent_back_twice(htmx, acme):
    response = htmx.post(url("generate"), {"name": "x" * (1024 * 1024 - 1000)})

    assert (response.status_code, "Use at most 80 characters" in response.text) == (422, True)
    assert len(response.content) < 1.1 * 1024 * 1024


def test_search_and_filters_take_any_text(plain, erp, texts):
    for text in texts:
        query = dict.fromkeys(["q", "status", "role", "renewal", "sort", "page", text[:200]], text[:2000])
        assert plain.get(url("keys"), query, follow=True).status_code == 200


def test_history_takes_any_place_to_go_on_from(plain, erp, texts):
    for text in texts:
        assert plain.get(url("history", erp), {"before": text[:2000]}).status_code == 200


def test_the_sign_in_takes_any_text(db, texts):
    cache.clear()
    for number, text in enumerate(texts):
        visitor = Client(REMOTE_ADDR=f"198.51.100.{number}")
        for form in ({"login": text, "password": "x"}, {"login": f"{text[:9]}@acme.example", "password": text}):
            response = visitor.post("/auth/login/", form | {"next": text, "remember": text})
            assert (response.status_code, b"</form>" in response.content) == (200, True)
        assert visitor.post("/auth/password/reset/", {"email": text}).status_code in (200, 302)


@pytest.mark.parametrize("text", NO_TEXT)
def test_an_address_that_is_no_text_is_an_answer(plain, erp, text):
    query = "&".join(f"{name}={text}" for name in ("q", "role", "page", "sort", "next", text))

    assert plain.get(f"{url('keys')}?{query}", follow=True).status_code == 200
    assert Client().get(f"/auth/login/?{query}").status_code == 200


@pytest.mark.parametrize(
    "key", ["%00", "_00", "-1", "0", "9223372036854775808", "1.5", "..%2f", "%0d%0aSet-Cookie:a=b", "%ff", "None", "🔑"]
)
@pytest.mark.parametrize("route", ["edit", "history", "renewal_undo"])
def test_what_is_no_key_or_no_account_is_missing(plain, erp, route, key):
    for address in (url(route, erp).replace(erp.key, key), url(route, erp).replace("/acme/", f"/{key}/", 1)):
        response = plain.get(address)
        assert (response.status_code, response.cookies.get("a")) == (404, None)
