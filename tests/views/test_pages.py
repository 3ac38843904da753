"""What every page is made of, whatever is on it."""

import re
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup

PAGES = ["/accounts/acme/api-keys/", "/help/", "/auth/logout/", "/nothing/", "/api/docs"]


@pytest.mark.parametrize("address", PAGES)
def test_a_page_brings_its_icon(plain, address):
    kind, _, drawn = (
        BeautifulSoup(plain.get(address).text, "html.parser").select_one("link[rel=icon]")["href"].partition(",")
    )

    assert kind == "data:image/svg+xml"
    assert ElementTree.fromstring(unquote(drawn)).find(".//{*}path") is not None


def test_the_icon_of_django_admin_is_that_of_the_pages(client, staff):
    client.force_login(staff)

    assert 'rel="icon"' in client.get("/admin/").text


@pytest.mark.parametrize("address", PAGES)
def test_a_page_has_no_indents_that_nobody_reads(plain, address):
    page = re.sub(r"<(pre|script|svg)\b.*?</\1>", "", plain.get(address).text, flags=re.DOTALL)

    assert not re.search(r"^[ \t]", page, re.MULTILINE)


def test_an_example_keeps_its_indents(plain):
    assert "\n     -H 'X-VTEX-API-AppToken:" in plain.get("/help/").text
