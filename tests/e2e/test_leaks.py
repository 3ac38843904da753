"""The hunt for tokens: in what the browser keeps, in the database, in the logs."""

import base64
import io
import json
import logging
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from playwright.sync_api import expect

from tests.e2e.conftest import accepted, choose, row, toast, token_shown

STORES = """async () => JSON.stringify([
  {...localStorage}, {...sessionStorage}, history.state, document.title, location.href, document.cookie,
  await caches.keys(), await indexedDB.databases(), document.documentElement.outerHTML,
])"""


@pytest.fixture
def table(page, erp, shop):
    page.goto("/")
    return page


@pytest.fixture
def bodies(context):
    """The body of every answer that the browser got."""
    got = []

    def pass_on(route):
        answer = route.fetch(max_redirects=0)
        got.append(answer.body())
        route.fulfill(response=answer)

    context.route("**/*", pass_on)
    yield got
    context.unroute_all(behavior="wait")  # an answer may be under way still


def test_the_token_is_in_one_answer_and_never_comes_again(table, erp, bodies, context):
    plaintext = token_shown(choose(table, erp, "Renew Token"))
    table.reload()
    table.goto("/auth/logout/")
    table.go_back()
    table.go_forward()
    second = context.new_page()
    second.goto(f"/accounts/acme/api-keys/{erp.key}/renewal/")
    expect(row(second, erp)).to_be_visible()

    assert [plaintext.encode() in body for body in bodies].count(True) == 1
    assert plaintext not in table.content()
    assert plaintext not in second.content()


def test_the_token_is_one_piece_of_text_and_no_attribute(table, erp):
    plaintext = token_shown(choose(table, erp, "Renew Token"))

    assert table.content().count(plaintext) == 1
    assert table.locator("output").inner_text() == plaintext


def test_the_browser_keeps_nothing_of_a_token(table, erp):
    dialog = choose(table, erp, "Renew Token")
    plaintext = token_shown(dialog)
    dialog.get_by_role("button", name="Complete").click()
    toast(table, "Renewal completed.")

    kept = table.evaluate(STORES)

    assert plaintext not in kept
    assert "htmx-history-cache" not in kept


def test_back_after_signing_out_shows_neither_token_nor_table(table, erp):
    plaintext = token_shown(choose(table, erp, "Renew Token"))
    table.goto("/auth/logout/")
    table.get_by_role("button", name="Sign out").click()
    expect(table.get_by_label("Password")).to_be_visible()

    table.go_back()
    table.go_back()

    expect(table.get_by_label("Password")).to_be_visible()
    assert plaintext not in table.content()
    assert erp.key not in table.content()


def pieces(plaintext: str) -> list[str]:
    """Any twelve letters in a row of the secret part."""
    secret = plaintext[25:121]
    return [secret[start : start + 12] for start in range(len(secret) - 11)]


@pytest.fixture
def log():
    """All that is logged at DEBUG, as the console would show it."""
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(root.handlers[0].formatter or logging.getLogger("django").handlers[0].formatter)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def renewed(table, erp):
    """A token that went all the way: shown, used by an integration, kept as the only one."""
    dialog = choose(table, erp, "Renew Token")
    plaintext = token_shown(dialog)
    dialog.get_by_role("button", name="Complete").click()
    toast(table, "Renewal completed.")
    headers = {"X-VTEX-API-AppKey": erp.key, "X-VTEX-API-AppToken": plaintext}
    assert table.request.get(f"/api/verify?token={plaintext}", headers=headers).status == 204
    return plaintext


def stored() -> bytes:
    """The whole database as bytes: the file with its journal, or a dump; and once more as Django reads it."""
    dump = io.StringIO()
    call_command("dumpdata", stdout=dump)
    database = settings.DATABASES["default"]
    if connection.vendor == "sqlite":
        name = Path(connection.settings_dict["NAME"])
        # By another process: a file that this one closes loses the locks of all its connections.
        read = ["cat", name, name.with_name(f"{name.name}-wal")]
    else:
        host = ["-h", database["HOST"] or "127.0.0.1", "-p", str(database["PORT"] or 5432), "-U", database["USER"]]
        read = ["pg_dump", *host, connection.settings_dict["NAME"]]
    raw = subprocess.run(read, check=True, capture_output=True).stdout
    return raw + dump.getvalue().encode()


def test_the_database_holds_no_piece_of_a_token(renewed):
    everything = stored()

    assert renewed[:25].encode() in everything  # the selector: the hunt looks in the right place
    assert [piece for piece in pieces(renewed) if piece.encode() in everything] == []


def test_no_log_holds_a_piece_of_a_token(log, renewed):
    lines = log.getvalue()

    assert "GET /api/verify?token=<token>" in lines
    assert [piece for piece in pieces(renewed) if piece in lines] == []


def test_neither_cookies_nor_sessions_hold_a_piece_of_a_token(renewed, context):
    cookies = {cookie["name"]: cookie["value"] for cookie in context.cookies()}
    sessions = json.dumps([session.get_decoded() for session in Session.objects.all()])
    decoded = b"".join(base64.b64decode(value + "===", altchars=b"-_") for value in cookies.values())

    assert "messages" not in cookies
    assert [piece for piece in pieces(renewed) if piece in sessions or piece.encode() in decoded] == []


def test_a_renewal_goes_through_without_any_violation_of_the_policy(table, erp):
    table.evaluate("addEventListener('securitypolicyviolation', (event) => console.error(event.violatedDirective))")
    dialog = choose(table, erp, "Renew Token")
    plaintext = token_shown(dialog)
    dialog.get_by_role("button", name="Copy token").click()
    dialog.get_by_role("button", name="Complete").click()
    toast(table, "Renewal completed.")

    assert accepted(erp, plaintext)  # and the page fixture found no complaint
