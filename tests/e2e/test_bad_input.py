"""A name that is everything at once is only a name, on every screen; and bodies as no browser sends them."""

import re
import socket
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from apikeys.models import APIKey
from tests.conftest import BY
from tests.e2e.conftest import choose, kebab, row, toast
from tests.e2e.test_front import ask  # noqa: F401

NAME = """<img src=x onerror=alert(1)>"><script>alert(2)</script>{{7*7}}' hx-get=/x '\u202e"""
FLOWS = ["Edit", "Renew Token", "Delete Old Token", "Undo Renewal", "View History", "Deactivate", "Delete Key"]


@pytest.fixture
def asked(page):
    """What the page asks for, and the dialogs of the browser that it opens."""
    asked = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.on("dialog", lambda dialog: (asked.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    return asked


def expected(address: str) -> bool:
    return bool(re.match(r"/$|/static/|/accounts/acme/api-keys/|/admin/", address))


def test_a_hostile_name_is_literal_on_every_screen(page, asked, acme, admin):
    page.goto("/")
    page.get_by_role("link", name="Generate Key").click()
    page.get_by_label("Key identification").fill(NAME)
    page.get_by_role("button", name="Generate", exact=True).click()
    page.get_by_role("dialog", name="Key generated").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Close anyway").click()
    key = APIKey.objects.get()

    assert row(page, key).locator(".key-name").text_content() == NAME
    for item in FLOWS:
        expect(page.locator("flow-dialog, .htmx-request")).to_have_count(0)
        kebab(page, key).click()
        page.get_by_role("menuitem", name=item).click()
        assert NAME in page.get_by_role("dialog").text_content()
        page.keyboard.press("Escape")
    assert [address for address in asked if not expected(address)] == []
    assert page.locator("img, [onerror], [onload]").count() == 0


def test_it_is_literal_in_a_search_without_results(page, asked, erp):
    page.goto("/")
    page.get_by_role("searchbox").fill(NAME)
    expect(page.get_by_text("No results found")).to_be_visible()
    page.reload()

    assert page.get_by_role("searchbox").input_value() == NAME
    assert [address for address in asked if not expected(address)] == []


def test_it_is_literal_in_a_toast_and_in_django_admin(page, asked, sign_in, staff, acme):
    acme.name = NAME
    acme.save()
    key, _ = APIKey.generate(acme, NAME, by=BY._replace(name=NAME))
    page.goto("/")
    choose(page, key, "Deactivate").get_by_role("button", name="Deactivate").click()
    toast(page, "Key deactivated")
    assert page.locator(".account-name").first.text_content() == NAME
    sign_in(staff)
    for noun in ("apikey", "account", "event"):
        page.goto(reverse(f"admin:apikeys_{noun}_changelist"))
        assert NAME in page.locator("#result_list").text_content()
    page.goto(reverse("admin:apikeys_apikey_change", args=[key.pk]))
    assert NAME in page.locator("#content").text_content()

    assert [address for address in asked if not expected(address)] == []


FORM = "Content-Type: application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        ([FORM, f"Content-Length: {3 * 2**20}"], ""),  # refused before it comes
        ([FORM, "Content-Length: -1"], ""),
        ([FORM, "Content-Length: 1e3"], ""),
        ([FORM, "Content-Length: 5", "Content-Length: 6"], "a=bcde"),
        ([FORM, "Content-Length: 5", "Transfer-Encoding: chunked"], "0\r\n\r\n"),
        ([FORM, "Content-Length: 0"], "theme=dark"),
        (["Content-Type: multipart/form-data; boundary=b", "Content-Length: 3"], "--b"),
    ],
)
def test_a_body_that_is_too_much_or_broken_is_refused(ask, db, lines, body):  # noqa: F811
    assert ask("POST /auth/login/ HTTP/1.1", *lines, body=body)[0] in (400, 403)


@pytest.fixture
def send_form(base_url, client, acme, admin):
    """Send the form of a new key that claims to be so much longer than it is, and hang up; wait for the answer."""

    def send_form(claimed: int) -> bytes:
        client.force_login(admin)
        client.get(reverse("generate", args=["acme"]))
        session, csrf = client.cookies["sessionid"].value, client.cookies["csrftoken"].value
        form, host = f"csrfmiddlewaretoken={csrf}&name=Loyalty+pro", urlsplit(base_url)
        head = [
            "POST /accounts/acme/api-keys/new/ HTTP/1.1",
            f"Host: {host.netloc}",
            f"Origin: {base_url}",
            f"Cookie: sessionid={session}; csrftoken={csrf}",
            f"Content-Length: {len(form) + claimed}",
        ]
        with socket.create_connection((host.hostname, host.port), timeout=10) as connection:
            connection.sendall("\r\n".join([*head, FORM, "Connection: close", "", form]).encode())
            if claimed:
                connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    return send_form


def test_a_form_that_breaks_off_makes_no_key_with_half_a_name(send_form):
    send_form(4)
    send_form(0)  # the same as a whole: it makes the only key

    assert APIKey.objects.get().name == "Loyalty pro"
