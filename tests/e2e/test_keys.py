"""Generate, Edit, Deactivate, Activate and Delete Key in a real browser."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from apikeys.models import APIKey
from tests.e2e.conftest import accepted, choose, fresh, kebab, row, toast
from tests.e2e.test_look import violations


@pytest.fixture
def table(page, context, erp, shop):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/")
    return page


def generate(page, name: str):
    """Fill in and send the form, and return the dialog that shows the token."""
    page.get_by_role("link", name="Generate Key").click()
    page.get_by_label("Key identification").fill(name)
    page.get_by_role("button", name="Generate", exact=True).click()
    dialog = page.get_by_role("dialog", name="Key generated")
    expect(dialog).to_be_visible()
    return dialog


def test_a_generated_key_works_and_is_first_in_the_table(table):
    dialog = generate(table, "Loyalty program")
    key = dialog.get_by_role("status", name="API key").inner_text()
    plaintext = dialog.get_by_role("status", name="API token").inner_text()
    expect(dialog.get_by_role("button", name="Copy token")).to_be_focused()
    dialog.get_by_role("button", name="Copy token").click()
    expect(dialog.locator("#dialog-status")).to_have_text("Token copied")

    dialog.get_by_role("button", name="Close").last.click()

    expect(table.get_by_role("row").nth(1)).to_contain_text("Loyalty program")
    expect(kebab(table, APIKey(key=key))).to_be_focused()
    assert accepted(APIKey(key=key), plaintext)
    assert plaintext not in table.content()


@pytest.mark.parametrize("way", ["Escape", "Close"])
def test_closing_before_the_token_was_copied_is_asked_once_more(table, way):
    dialog = generate(table, "Loyalty program")
    table.keyboard.press("Escape") if way == "Escape" else dialog.get_by_role("button", name="Close").first.click()

    expect(dialog.get_by_role("alert")).to_have_text("The token was not copied and cannot be displayed again.")
    expect(dialog.get_by_role("button", name="Copy token")).to_be_focused()

    dialog.get_by_role("button", name="Close anyway").click()

    expect(table.get_by_role("dialog")).to_have_count(0)


def test_a_missing_name_is_told_beside_the_field_and_the_roles_are_kept(table):
    table.get_by_role("link", name="Generate Key").click()
    expect(table.get_by_label("Key identification")).to_be_focused()
    table.get_by_label("Catalog").check()
    table.get_by_role("button", name="Generate", exact=True).click()

    expect(table.get_by_text("Fill in the key identification")).to_be_visible()
    expect(table.get_by_label("Key identification")).to_be_focused()
    expect(table.get_by_label("Catalog")).to_be_checked()
    expect(table.locator("#dialog-status")).to_have_text("1 field needs attention")


def test_the_search_for_roles_hides_and_never_unchecks(table):
    table.get_by_role("link", name="Generate Key").click()
    table.get_by_label("Catalog").check()

    table.get_by_label("Search roles").fill("prícing")

    expect(table.get_by_label("Catalog")).to_be_hidden()
    expect(table.get_by_label("Pricing")).to_be_visible()
    expect(table.get_by_text("1 selected")).to_be_visible()

    table.get_by_label("Search roles").fill("nothing like it")

    expect(table.get_by_text("No roles found")).to_be_visible()


def test_cancel_gives_the_focus_back_to_the_button(table):
    table.get_by_role("link", name="Generate Key").click()
    table.get_by_role("button", name="Cancel").click()

    expect(table.get_by_role("link", name="Generate Key")).to_be_focused()


def test_the_first_key_of_an_account(page, admin):
    page.goto("/")
    dialog = generate(page, "First")
    page.keyboard.press("Escape")
    dialog.get_by_role("button", name="Close anyway").click()

    expect(page.get_by_role("row").nth(1)).to_contain_text("First")
    expect(page.get_by_role("link", name="Generate Key")).to_have_count(1)


def test_edit_changes_roles_and_status(table, erp):
    choose(table, erp, "Edit")
    dialog = table.get_by_role("dialog", name="Edit Key")
    dialog.get_by_label("Pricing").check()
    dialog.get_by_label("Active").uncheck()
    expect(dialog.get_by_text("Integrations that use this key stop working")).to_be_visible()

    dialog.get_by_role("button", name="Save").click()

    toast(table, "Changes saved")
    expect(row(table, erp)).to_contain_text("Inactive")
    expect(row(table, erp)).to_contain_text("Pricing")
    expect(kebab(table, erp)).to_be_focused()


def test_deactivate_asks_and_activate_acts_at_once(table, erp):
    choose(table, erp, "Deactivate").get_by_role("button", name="Deactivate").click()
    toast(table, "Key deactivated")
    expect(row(table, erp)).to_contain_text("Inactive")

    choose(table, erp, "Activate")

    toast(table, "Key activated")
    expect(kebab(table, erp)).to_be_focused()
    assert fresh(erp).is_active


def test_delete_has_to_be_understood(table, erp):
    dialog = choose(table, erp, "Delete Key")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog.get_by_text("Check this option to delete the key")).to_be_visible()
    expect(dialog.get_by_role("checkbox")).to_be_focused()

    dialog.get_by_role("checkbox").check()
    dialog.get_by_role("button", name="Delete").click()

    toast(table, "Key deleted")
    expect(row(table, erp)).to_have_count(0)
    assert not APIKey.objects.filter(pk=erp.pk).exists()


def test_a_click_that_lasts_while_the_table_is_fetched_again_is_one(table, erp):
    choose(table, erp, "Delete Key")
    expect(table.get_by_role("dialog")).to_be_visible()
    table.evaluate("document.getElementById('keys').dataset.before = 'yes'")
    place = table.get_by_role("link", name="Generate Key").bounding_box()
    table.mouse.move(place["x"] + 9, place["y"] + 9)

    table.keyboard.press("Escape")
    table.mouse.down()
    expect(table.locator("#keys[data-before]")).to_have_count(0)
    table.mouse.up()

    expect(table.get_by_role("dialog", name="Generate")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_dialogs_break_no_rule_of_accessibility(table, erp, theme, width):
    table.emulate_media(color_scheme=theme, reduced_motion="reduce")
    table.set_viewport_size({"width": width, "height": 860})
    for item in ("Edit", "Deactivate", "Delete Key"):
        choose(table, erp, item)
        expect(table.get_by_role("dialog")).to_be_visible()
        assert violations(table) == []
        table.keyboard.press("Escape")
    table.get_by_role("link", name="Generate Key").click()
    table.get_by_role("button", name="Generate", exact=True).click()
    expect(table.get_by_text("Fill in the key identification")).to_be_visible()
    assert violations(table) == []
    table.keyboard.press("Escape")
    expect(generate(table, "Loyalty program")).to_be_visible()
    assert violations(table) == []


class TestInATabOfItsOwn:
    """As a click with the middle button opens it: a page, and pages follow, no dialog over it."""

    def test_generate(self, page, acme):
        page.goto(reverse("generate", args=["acme"]))
        page.get_by_role("button", name="Generate", exact=True).click()
        expect(page.get_by_text("Fill in the key identification")).to_be_visible()
        expect(page.get_by_label("Key identification")).to_be_focused()
        page.get_by_label("Key identification").fill("Loyalty program")
        submit = page.get_by_role("button", name="Generate", exact=True)
        submit.evaluate("button => { button.click(); setTimeout(() => button.click()) }")
        plaintext = page.get_by_role("status", name="API token").inner_text()

        assert page.get_by_role("dialog").count() == 0
        page.get_by_role("link", name="Close").click()
        expect(page.get_by_role("row")).to_have_count(2)
        assert accepted(APIKey.objects.get(), plaintext)

    def test_edit(self, page, erp):
        page.goto(reverse("edit", args=["acme", erp.key]))
        page.get_by_label("Pricing").check()
        page.get_by_role("button", name="Save").click()

        toast(page, "Changes saved")
        expect(row(page, erp)).to_contain_text("Pricing")

    def test_delete(self, page, erp):
        page.goto(reverse("delete", args=["acme", erp.key]))
        page.get_by_role("button", name="Delete").click()
        expect(page.get_by_text("I understand that this action cannot be undone")).to_be_visible()
        page.get_by_label("I understand that this action cannot be undone").check()
        page.get_by_role("button", name="Delete").click()

        toast(page, "Key deleted")
        expect(row(page, erp)).to_have_count(0)


class TestWithoutJavaScript:
    @pytest.fixture
    def browser_context_args(self, browser_context_args):
        return {**browser_context_args, "java_script_enabled": False}

    def choose(self, page, key, item: str) -> None:
        kebab(page, key).click()
        page.locator(f"#menu-{key.key}").get_by_text(item, exact=True).click()

    def test_generate(self, table):
        table.get_by_role("link", name="Generate Key").click()
        table.get_by_label("Key identification").fill("Loyalty program")
        table.get_by_role("button", name="Generate", exact=True).click()
        key = table.get_by_role("status", name="API key").inner_text()
        plaintext = table.get_by_role("status", name="API token").inner_text()

        table.get_by_role("link", name="Close").click()

        expect(row(table, APIKey(key=key))).to_contain_text("Loyalty program")
        assert accepted(APIKey(key=key), plaintext)

    def test_edit(self, table, erp):
        self.choose(table, erp, "Edit")
        table.get_by_label("Pricing").check()
        table.get_by_role("button", name="Save").click()

        expect(table.get_by_role("main")).to_contain_text("Changes saved")
        expect(row(table, erp)).to_contain_text("Pricing")

    def test_deactivate_and_activate(self, table, erp):
        self.choose(table, erp, "Deactivate")
        table.get_by_role("button", name="Deactivate").click()
        expect(row(table, erp)).to_contain_text("Inactive")

        self.choose(table, erp, "Activate")

        expect(table.get_by_role("main")).to_contain_text("Key activated")
        assert fresh(erp).is_active

    def test_delete(self, table, erp):
        self.choose(table, erp, "Delete Key")
        table.get_by_label("I understand that this action cannot be undone").check()
        table.get_by_role("button", name="Delete").click()

        expect(table.get_by_role("main")).to_contain_text("Key deleted")
        expect(row(table, erp)).to_have_count(0)
