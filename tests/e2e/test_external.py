"""External keys in a real browser: found, added, edited, removed; with a mouse, with keys, without scripts."""

import re

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from apikeys.models import APIKey, ExternalKey
from tests.conftest import BY
from tests.e2e.conftest import at_rest, choose, kebab, row, toast
from tests.e2e.test_look import THEMES, WIDTHS, violations

EXTERNAL = "/accounts/acme/api-keys/external/"


@pytest.fixture
def feed(globex):
    """A key of globex's that nobody added."""
    return APIKey.generate(globex, "Feed", by=BY)[0]


@pytest.fixture
def other(acme, feed):
    """A second external key, the newest; globex deactivated it."""
    feed.deactivate(by=BY)
    return ExternalKey.add(acme, feed, by=BY)


@pytest.fixture
def tab(page, partner):
    page.goto(EXTERNAL)
    return page


def add(page, key: str) -> None:
    page.get_by_role("link", name="Add Key").click()
    page.get_by_label("External key identification").fill(key)
    page.get_by_role("button", name="Add", exact=True).click()


def test_a_key_of_another_account_is_added(tab, feed):
    tab.get_by_role("link", name="Add Key").click()
    dialog = tab.get_by_role("dialog", name="Add Key")
    expect(dialog.get_by_label("External key identification")).to_be_focused()
    dialog.get_by_label("External key identification").fill(f" {feed.key} ")
    dialog.get_by_label("Pricing").check()
    dialog.get_by_role("button", name="Add", exact=True).click()

    toast(tab, "External key added")
    expect(tab.get_by_role("row").nth(1)).to_contain_text(f"{feed.key}")
    expect(row(tab, feed)).to_contain_text("Pricing")
    expect(tab.locator(".pager-range").first).to_have_text("1–2 of 2")
    expect(tab.get_by_role("link", name="Add Key")).to_be_focused()


def test_the_first_key_of_an_account(page, feed, acme):
    page.goto(EXTERNAL)
    expect(page.get_by_role("heading", name="No external keys yet")).to_be_visible()
    add(page, feed.key)

    expect(row(page, feed)).to_contain_text("globex")
    expect(page.get_by_role("link", name="Add Key")).to_have_count(1)
    expect(page.locator("#page-actions").get_by_role("link", name="Add Key")).to_be_focused()


def test_a_wrong_key_is_told_beside_the_field_and_nothing_is_lost(tab, erp):
    tab.get_by_role("link", name="Add Key").click()
    dialog = tab.get_by_role("dialog", name="Add Key")
    field = dialog.get_by_label("External key identification")
    dialog.get_by_label("Catalog").check()
    field.fill(erp.key)
    dialog.get_by_role("button", name="Add", exact=True).click()

    expect(dialog.get_by_text("Fill in a key that belongs to another account")).to_be_visible()
    expect(dialog.get_by_role("status").filter(has_text="1 field needs attention")).to_have_count(1)
    expect(field).to_be_focused()
    expect(field).to_have_value(erp.key)
    expect(dialog.get_by_label("Catalog")).to_be_checked()


def test_edit_changes_its_roles(tab, partner):
    choose(tab, partner, "Edit")
    dialog = tab.get_by_role("dialog", name="Edit Key")
    expect(dialog.get_by_label("Search roles")).to_be_focused()
    expect(dialog.get_by_label("Catalog")).to_be_checked()
    dialog.get_by_label("Pricing").check()
    dialog.get_by_role("button", name="Save").click()

    toast(tab, "Changes saved")
    expect(row(tab, partner).locator(".role")).to_have_text(["Catalog", "Pricing"])
    expect(kebab(tab, partner)).to_be_focused()


def test_remove_is_asked_first_and_leads_to_the_next_row(tab, partner, other):
    tab.reload()
    dialog = choose(tab, other, "Remove")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    dialog.get_by_role("button", name="Remove").click()

    toast(tab, "External key removed")
    expect(row(tab, other)).to_have_count(0)
    expect(kebab(tab, partner)).to_be_focused()


def test_after_the_last_one_there_is_only_the_empty_state(tab, partner):
    choose(tab, partner, "Remove").get_by_role("button", name="Remove").click()

    expect(tab.get_by_role("heading", name="No external keys yet")).to_be_visible()
    expect(tab.get_by_role("link", name="Add Key")).to_have_count(1)
    expect(tab.get_by_role("heading", level=1)).to_be_focused()


def test_with_the_keyboard_alone(tab, partner):
    kebab(tab, partner).focus()
    tab.keyboard.press("ArrowUp")
    expect(tab.get_by_role("menuitem", name="Remove")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("dialog", name="Remove Key")).to_be_visible()
    tab.keyboard.press("Escape")
    at_rest(tab)
    expect(kebab(tab, partner)).to_be_focused()

    tab.keyboard.press("v")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("v")
    tab.keyboard.press("Enter")

    drawer = tab.get_by_role("dialog", name="History")
    expect(drawer.get_by_role("listitem")).to_contain_text(["External key added"])


@pytest.mark.parametrize("flow", ["Edit", "Remove"])
def test_what_somebody_else_changed_closes_the_dialog_and_is_told(tab, partner, acme, flow):
    dialog = choose(tab, partner, flow)
    if flow == "Edit":
        partner.edit(roles=Group.objects.filter(name="Pricing"), seen=partner.state, by=BY)
    else:
        partner.remove(by=BY)
        ExternalKey.add(acme, partner.api_key, roles=Group.objects.filter(name="Pricing"), by=BY)
    dialog.get_by_role("button", name="Save" if flow == "Edit" else "Remove").click()

    toast(tab, "This key was changed by another user. The list was updated.")
    expect(tab.get_by_role("dialog")).to_have_count(0)
    expect(row(tab, partner)).to_contain_text("Pricing")


def test_a_key_that_its_owner_deleted_closes_the_dialog_and_is_told(tab, partner, other):
    dialog = choose(tab, partner, "Remove")
    partner.api_key.delete(by=BY)
    dialog.get_by_role("button", name="Remove").click()

    toast(tab, "This key is no longer available")
    expect(row(tab, partner)).to_have_count(0)


def test_rights_that_were_taken_are_told_in_the_open_dialog(tab, partner, acme):
    dialog = choose(tab, partner, "Remove")
    acme.memberships.get().roles.set(Group.objects.filter(name="API Keys Viewer"))
    dialog.get_by_role("button", name="Remove").click()

    expect(dialog.get_by_role("alert")).to_have_text("This user role does not allow this action.")


def test_finding_keeps_its_place_in_the_address(tab, partner, other):
    tab.reload()
    tab.get_by_role("searchbox", name="Search by key or owner").press_sequentially("GLOB", delay=20)
    expect(tab).to_have_url(re.compile(re.escape(f"{EXTERNAL}?q=GLOB") + "$"))
    expect(tab.locator("#find-status")).to_have_text("2 keys found")
    tab.get_by_role("link", name="Added On").click()
    expect(tab).to_have_url(re.compile(r"\?q=GLOB&sort=added$"))
    tab.locator("#filter-status").click()
    tab.get_by_role("checkbox", name="Inactive").check()
    tab.get_by_role("button", name="Apply").click()

    expect(tab.locator(".key")).to_have_text([other.key])
    tab.go_back()
    expect(tab.locator(".key")).to_have_text([partner.key, other.key])


def test_the_tabs_lead_to_each_other(tab, erp, partner):
    tabs = tab.get_by_role("navigation", name="API Keys sections")
    tabs.get_by_role("link", name="Generated").click()
    expect(row(tab, erp)).to_be_visible()
    expect(tab).to_have_title("Generated - API Keys")
    tabs.get_by_role("link", name="External").click()

    expect(row(tab, partner)).to_be_visible()
    expect(tab).to_have_title("External - API Keys")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_and_its_longest_key_never_scroll_sideways(tab, partner, width):
    key = f"vtexappkey-{'w' * 32}-WWWWWW"
    APIKey.objects.update(key=key)
    ExternalKey.objects.update(key=key)
    tab.set_viewport_size({"width": width, "height": 800})
    tab.reload()

    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    drawn, cell = (tab.locator(part).bounding_box() for part in (".key", "tbody tr"))
    roles = tab.locator(".role").bounding_box()
    assert drawn["x"] + drawn["width"] <= cell["x"] + cell["width"]
    assert drawn["y"] + drawn["height"] <= roles["y"] or drawn["x"] + drawn["width"] <= roles["x"]


def test_on_a_phone_a_list_sorts_and_a_sheet_adds(tab, feed):
    tab.set_viewport_size({"width": 390, "height": 844})
    tab.get_by_role("combobox", name="Sort order").select_option("Key/Owner")
    expect(tab).to_have_url(re.compile(r"\?sort=key$"))
    tab.get_by_role("combobox", name="Sort order").select_option("Added On")
    expect(tab).to_have_url(re.compile(re.escape(EXTERNAL) + "$"))

    add(tab, feed.key)

    toast(tab, "External key added")
    expect(row(tab, feed)).to_be_visible()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [390, 1280])
class TestAccessibility:
    @pytest.fixture
    def browser_context_args(self, browser_context_args, theme, width):
        return {
            **browser_context_args,
            "color_scheme": theme,
            "viewport": {"width": width, "height": 860},
            "reduced_motion": "reduce",
        }

    def test_of_the_table_its_menu_and_no_results(self, tab, partner):
        assert violations(tab) == []
        kebab(tab, partner).click()
        expect(tab.get_by_role("menuitem", name="Remove")).to_be_visible()
        assert violations(tab) == []
        tab.goto(f"{EXTERNAL}?q=nowhere")
        assert violations(tab) == []

    def test_of_the_dialogs(self, tab, partner):
        for item in ("Edit", "Remove", "View History"):
            choose(tab, partner, item)
            expect(tab.get_by_role("dialog")).to_be_visible()
            assert violations(tab) == []
            tab.keyboard.press("Escape")
        add(tab, "x")
        expect(tab.get_by_text("Fill in a key such as")).to_be_visible()
        assert violations(tab) == []

    def test_of_the_empty_state(self, page, acme):
        page.goto(EXTERNAL)

        assert violations(page) == []


class TestWithoutJavaScript:
    @pytest.fixture
    def browser_context_args(self, browser_context_args):
        return {**browser_context_args, "java_script_enabled": False}

    def choose(self, page, key, item: str) -> None:
        kebab(page, key).click()
        page.locator(f"#menu-{key.key}").get_by_text(item, exact=True).click()

    def test_add(self, tab, feed):
        add(tab, "nothing")
        expect(tab.get_by_text("Fill in a key such as vtexappkey-account-ABCDEF")).to_be_visible()
        tab.get_by_label("External key identification").fill(feed.key)
        tab.get_by_role("button", name="Add", exact=True).click()

        expect(tab.get_by_role("main")).to_contain_text("External key added")
        expect(row(tab, feed)).to_be_visible()

    def test_edit_and_read_the_history(self, tab, partner):
        self.choose(tab, partner, "Edit")
        tab.get_by_label("Pricing").check()
        tab.get_by_role("button", name="Save").click()
        expect(row(tab, partner)).to_contain_text("Pricing")

        self.choose(tab, partner, "View History")
        expect(tab.locator(".event")).to_contain_text(["Added: Pricing", "External key added"])
        tab.get_by_role("link", name="Close").click()

        expect(row(tab, partner)).to_be_visible()

    def test_remove(self, tab, partner):
        self.choose(tab, partner, "Remove")
        tab.get_by_role("link", name="Cancel").click()
        self.choose(tab, partner, "Remove")
        tab.get_by_role("button", name="Remove").click()

        expect(tab.get_by_role("main")).to_contain_text("External key removed")
        expect(tab.get_by_role("heading", name="No external keys yet")).to_be_visible()

    def test_find(self, tab, partner, other):
        tab.get_by_role("searchbox", name="Search by key or owner").fill("globex")
        tab.get_by_role("searchbox", name="Search by key or owner").press("Enter")
        tab.locator("#filter-status").click()
        tab.get_by_role("checkbox", name="Inactive").check()
        tab.get_by_role("button", name="Apply").click()

        expect(tab.locator(".key")).to_have_text([other.key])
        expect(tab).to_have_url(re.compile(re.escape(EXTERNAL) + r"\?.*q=globex.*status=inactive"))
