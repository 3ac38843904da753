"""Copy, and where the browser refuses it."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import choose, token_shown

FAILED = "The token could not be copied. Select it and copy it manually."
# A clipboard that says no, as a browser does without permission; and none at all, as on an address without TLS.
REFUSED = "() => { navigator.clipboard.writeText = () => Promise.reject(new DOMException('', 'NotAllowedError')) }"
ABSENT = "() => { Object.defineProperty(navigator, 'clipboard', {value: undefined}) }"


@pytest.fixture
def table(page, context, erp):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/")
    return page


def test_copy_takes_the_token_byte_for_byte(table, erp):
    dialog = choose(table, erp, "Renew Token")
    plaintext = token_shown(dialog)

    dialog.get_by_role("button", name="Copy token").click()

    expect(dialog.get_by_role("button", name="Copy token")).to_contain_text("Copied")
    expect(dialog.locator("#dialog-status")).to_have_text("Token copied")
    assert table.evaluate("navigator.clipboard.readText()") == plaintext
    assert len(plaintext) == 128


@pytest.mark.parametrize("clipboard", [REFUSED, ABSENT])
def test_a_refused_clipboard_leaves_the_token_selected_to_copy_by_hand(table, erp, clipboard):
    table.evaluate(clipboard)
    dialog = choose(table, erp, "Renew Token")
    plaintext = token_shown(dialog)

    dialog.get_by_role("button", name="Copy token").click()

    expect(dialog.get_by_text(FAILED).first).to_be_visible()
    assert table.evaluate("getSelection().toString()") == plaintext
    assert token_shown(dialog) == plaintext


def test_a_token_copied_by_hand_counts_as_copied(table, erp):
    dialog = choose(table, erp, "Renew Token")
    dialog.get_by_role("status", name="New token").click()
    table.keyboard.press("Control+c")
    dialog.get_by_role("radio", name="Now").check()

    dialog.get_by_role("button", name="Complete").click()

    expect(dialog).to_be_hidden()


def test_one_click_selects_the_whole_token(table, erp):
    dialog = choose(table, erp, "Renew Token")

    dialog.get_by_role("status", name="New token").click()

    assert table.evaluate("getSelection().toString().trim()") == token_shown(dialog)


def test_the_key_can_be_copied_from_its_row(table, erp):
    table.get_by_role("row").filter(has_text=erp.key).hover()

    table.get_by_role("button", name=f"Copy API key {erp.key}").click()

    expect(table.locator("#copy-status")).to_have_text("API key copied")
    assert table.evaluate("navigator.clipboard.readText()") == erp.key
