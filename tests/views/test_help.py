import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from apikeys.models import Account
from tests.views.conftest import url


def seen(client, address: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(address).content, "html.parser")


@pytest.mark.parametrize("name", ["keys", "settings", "generate", "delete"])
def test_help_is_in_the_same_place_on_every_page(plain, erp, name):
    page = seen(plain, url(name, None if name != "delete" else erp))

    first = page.select_one("header .topbar-end > a")
    assert (first["aria-label"], first["href"]) == ("Help", "/help/")
    assert "Help" in page.select_one("#account-menu").text


def test_help_is_reached_without_any_right(client, viewer, acme):
    acme.memberships.get().roles.clear()
    client.force_login(viewer)

    assert seen(client, url("keys")).select_one("a[href='/help/']")
    assert client.get("/help/").status_code == 200


def test_help_has_a_title_of_its_own_and_leads_back(plain):
    page = seen(plain, "/help/")

    assert " ".join(page.title.text.split()) == "Help - API Keys"
    assert page.h1.text.strip() == "Help"
    assert page.select(".tabs") == []
    assert page.select_one("main a")["href"] == "/"
    assert page.select_one("header [aria-label=Help]")["aria-current"] == "page"


def test_help_explains_each_word(plain):
    page = seen(plain, "/help/")
    words = {" ".join(term.text.split()) for term in page.select("dt")}

    assert {"Key", "Token", "Later", "Now", "Undo Renewal"} <= words
    assert {"Renewal recommended", "Renewal highly recommended", "Pending deletion - Old token"} <= words
    assert {"View API Keys", "Edit API Keys", "Renew API Token", "Edit API Keys settings"} <= words


def test_the_example_asks_this_installation(plain):
    example = seen(plain, "/help/").select_one("pre").text

    assert "X-VTEX-API-AppKey: vtexappkey-acme-ABCDEF" in example
    assert example.rstrip().endswith("http://testserver/api/verify")


def test_help_is_in_the_frame_of_the_account_used_last(plain, admin, globex):
    Account.objects.get(slug="globex").memberships.create(user=admin)
    assert seen(plain, "/help/").select_one(".account-name").text.strip() == "acme"
    plain.cookies["account"] = "globex"

    assert seen(plain, "/help/").select_one(".account-name").text.strip() == "globex"


def test_a_user_of_no_account_gets_help_too(client, staff):
    client.force_login(staff)

    assert client.get(reverse("help")).status_code == 200
