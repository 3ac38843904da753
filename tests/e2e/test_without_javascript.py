"""The three flows in a browser that runs no script."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import accepted, kebab, row

PENDING = "Pending deletion - Old token"


@pytest.fixture
def browser_context_args(browser_context_args):
    return {**browser_context_args, "java_script_enabled": False}


@pytest.fixture
def table(page, erp, shop):
    page.goto("/")
    return page


def choose(page, key, item: str) -> None:
    kebab(page, key).click()
    page.locator(f"#menu-{key.key}").get_by_text(item).click()


def test_renew_and_complete_later(table, erp):
    choose(table, erp, "Renew Token")
    plaintext = table.get_by_role("status", name="New token").inner_text()
    expect(table.get_by_role("button", name="Copy token")).to_be_hidden()

    table.get_by_role("button", name="Complete").click()

    expect(table.get_by_role("main")).to_contain_text("Renewal completed. Delete the old token once")
    expect(row(table, erp)).to_contain_text(PENDING)
    assert accepted(erp, plaintext)
    assert accepted(erp, erp.plaintext)


def test_renew_and_complete_now(table, erp):
    choose(table, erp, "Renew Token")
    table.get_by_role("radio", name="Now").check()

    table.get_by_role("button", name="Complete").click()

    expect(table.get_by_role("main")).to_contain_text("Renewal completed. The old token was deleted.")
    assert not accepted(erp, erp.plaintext)


def test_reloading_the_page_with_the_token_shows_no_token(table, erp):
    choose(table, erp, "Renew Token")
    plaintext = table.get_by_role("status", name="New token").inner_text()

    table.reload()

    expect(table.get_by_text("This key already has a pending renewal.")).to_be_visible()
    assert plaintext not in table.content()
    assert accepted(erp, plaintext)


@pytest.mark.parametrize(
    ("item", "act", "said", "kept"),
    [("Delete Old Token", "Delete", "Old token deleted", "new"), ("Undo Renewal", "Undo", "Renewal undone", "old")],
)
def test_end_a_renewal(table, shop, item, act, said, kept):
    choose(table, shop, item)
    expect(table.get_by_role("heading", name=item)).to_be_visible()

    table.get_by_role("button", name=act, exact=True).click()

    expect(table.get_by_role("main")).to_contain_text(said)
    expect(row(table, shop)).not_to_contain_text(PENDING)
    assert [accepted(shop, shop.old), accepted(shop, shop.new)] == [kept == "old", kept == "new"]


def test_cancel_leads_back_to_the_table(table, shop):
    choose(table, shop, "Undo Renewal")

    table.get_by_role("link", name="Cancel").click()

    expect(row(table, shop)).to_contain_text(PENDING)
    assert accepted(shop, shop.new)


def test_the_theme_is_a_form(table):
    table.get_by_role("button", name="Use dark theme").click()

    expect(table.locator("html")).to_have_attribute("data-theme", "dark")
    expect(table.get_by_role("button", name="Use light theme")).to_be_visible()
