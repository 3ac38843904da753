"""The flows by keyboard alone, and where the focus is after each dialog."""

import pytest
from playwright.sync_api import expect

from tests.conftest import BY
from tests.e2e.conftest import accepted, kebab, row, toast, token_shown


@pytest.fixture
def table(page, context, erp, shop):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/")
    return page


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def choose(page, key, letter: str) -> None:
    """Open the menu of a key and choose the first item that begins with the letter."""
    kebab(page, key).focus()
    press(page, "Enter")
    expect(page.get_by_role("menu").get_by_role("menuitem").first).to_be_focused()
    press(page, letter, "Enter")


def test_renew_and_complete_by_keyboard(table, erp):
    choose(table, erp, "r")
    dialog = table.get_by_role("dialog", name="Renew Token")
    expect(dialog.get_by_role("button", name="Copy token")).to_be_focused()
    plaintext = token_shown(dialog)

    press(table, "Enter")
    expect(dialog.locator("#dialog-status")).to_have_text("Token copied")
    press(table, "Tab", "ArrowDown", "Tab", "Enter")

    toast(table, "Renewal completed. The old token was deleted.")
    expect(kebab(table, erp)).to_be_focused()
    assert accepted(erp, plaintext)
    assert not accepted(erp, erp.plaintext)


@pytest.mark.parametrize(
    ("letter", "flow", "words"),
    [("d", "Delete Old Token", "Old token deleted"), ("u", "Undo Renewal", "Renewal undone")],
)
def test_end_a_renewal_by_keyboard(table, shop, letter, flow, words):
    choose(table, shop, letter)
    dialog = table.get_by_role("dialog", name=flow)
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()

    press(table, "Tab", "Enter")

    toast(table, words)
    expect(kebab(table, shop)).to_be_focused()


@pytest.mark.parametrize("way", ["Escape", "Enter"])
def test_a_confirmation_that_is_left_gives_the_focus_back(table, shop, way):
    choose(table, shop, "d")
    expect(table.get_by_role("button", name="Cancel")).to_be_focused()

    press(table, way)

    expect(table.get_by_role("dialog")).to_have_count(0)
    expect(kebab(table, shop)).to_be_focused()
    assert accepted(shop, shop.old)


def test_the_focus_goes_to_the_next_row_when_its_own_is_gone(table, erp, shop):
    choose(table, shop, "d")
    expect(table.get_by_role("button", name="Cancel")).to_be_focused()
    shop.delete(by=BY)

    press(table, "Tab", "Enter")

    expect(row(table, shop)).to_have_count(0)
    expect(kebab(table, erp)).to_be_focused()


def test_the_focus_goes_to_the_title_when_no_row_is_left(table, erp, shop):
    choose(table, shop, "d")
    expect(table.get_by_role("button", name="Cancel")).to_be_focused()
    erp.delete(by=BY)
    shop.delete(by=BY)

    press(table, "Tab", "Enter")

    expect(table.get_by_role("heading", name="API Keys", exact=True)).to_be_focused()


def test_the_menu_follows_the_pattern_of_menu_buttons(table, shop):
    first, second, last = (
        table.get_by_role("menuitem", name=name) for name in ("Edit", "Delete Old Token", "Delete Key")
    )
    kebab(table, shop).focus()

    press(table, "ArrowUp")
    expect(last).to_be_focused()
    expect(kebab(table, shop)).to_have_attribute("aria-expanded", "true")
    press(table, "ArrowDown")
    expect(first).to_be_focused()
    press(table, "ArrowDown")
    expect(second).to_be_focused()
    press(table, "End")
    expect(last).to_be_focused()
    press(table, "Home")
    expect(first).to_be_focused()
    press(table, "Escape")
    expect(kebab(table, shop)).to_be_focused()
    expect(kebab(table, shop)).to_have_attribute("aria-expanded", "false")


def test_tab_leaves_the_menu_and_moves_on(table, erp, shop):
    kebab(table, shop).focus()
    press(table, "ArrowDown", "Tab")

    expect(table.get_by_role("menu")).to_have_count(0)
    expect(kebab(table, shop)).not_to_be_focused()
    assert table.evaluate("document.activeElement !== document.body")


def test_the_account_menu_leads_to_the_keys_and_out(table):
    table.get_by_role("button", name="Account menu of admin@acme.example").focus()
    press(table, "ArrowDown")
    expect(table.get_by_role("menuitem", name="API Keys")).to_be_focused()

    press(table, "ArrowDown", "Enter")

    expect(table.get_by_label("Password")).to_be_visible()


def test_the_first_tab_stop_skips_to_the_content(table):
    press(table, "Tab")
    expect(table.get_by_role("link", name="Skip to content")).to_be_focused()

    press(table, "Enter")

    expect(table.get_by_role("main")).to_be_focused()
