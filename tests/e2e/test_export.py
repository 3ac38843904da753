"""Export in a real browser, with scripts and without: it works with none."""

from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from apikeys import export
from tests.spreadsheet import sheets

pytestmark = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])


@pytest.fixture
def browser_context_args(browser_context_args, scripts):
    return {**browser_context_args, "java_script_enabled": scripts, "viewport": {"width": 390, "height": 860}}


@pytest.fixture
def table(page, erp, shop):
    page.goto("/?q=erp")
    return page


def press(page) -> None:
    page.get_by_role("link", name="Export", exact=True).click()


def test_one_press_downloads_all_keys(table, erp, shop):
    address = table.url
    with table.expect_download() as downloading:
        press(table)
    file = downloading.value

    generated = sheets(Path(file.path()).read_bytes())["Generated"]
    assert [row[1] for row in generated] == ["keyName", shop.key, erp.key]
    assert file.suggested_filename.startswith("api-keys-acme-20")
    assert file.suggested_filename.endswith(".xlsx")
    assert table.url == address


def test_a_failure_is_told_over_the_table(table, erp, monkeypatch):
    monkeypatch.setattr(export, "PATIENCE", 0.1)
    with export._turn(), export._turn():
        press(table)
        expect(table.get_by_role("alert")).to_contain_text("The export could not be created. Try again.")

    expect(table.get_by_text(erp.key, exact=True)).to_be_visible()


def test_who_was_signed_out_signs_in_instead_of_downloading_the_sign_in_page(table):
    Session.objects.all().delete()

    press(table)

    expect(table.get_by_label("Password")).to_be_visible()
    assert "/auth/login/?next=%2Faccounts%2Facme%2Fapi-keys%2F" in table.url


def test_below_768_pixels_only_the_icon_is_left(table):
    button = table.get_by_role("link", name="Export", exact=True)

    expect(button.locator("svg")).to_be_visible()
    expect(button.get_by_text("Export")).to_be_hidden()
    table.set_viewport_size({"width": 768, "height": 860})
    expect(button.get_by_text("Export")).to_be_visible()
