"""The history of a key in a real browser: the drawer, older events, and the page without scripts."""

import datetime as dt

import pytest
from playwright.sync_api import expect

from apikeys.models import Event
from tests.conftest import BY
from tests.e2e.conftest import choose, kebab
from tests.e2e.test_look import THEMES, violations


@pytest.fixture
def many(erp):
    """A key with 60 events, one each five hours."""
    for n in range(59):
        event = Event.of(Event.Action.values[n % len(Event.Action)], erp, by=BY)
        event.at = erp.created_at + n * dt.timedelta(hours=5)
        event.save()
    return erp


@pytest.fixture
def table(page, many, shop):
    page.goto("/")
    return page


def open_history(page, key):
    choose(page, key, "View History")
    return page.get_by_role("dialog", name="History")


@pytest.mark.parametrize("way", ["Escape", "Close", "icon", "beside"])
def test_the_drawer_opens_over_the_page_and_gives_the_focus_back(table, shop, way):
    drawer = open_history(table, shop)
    expect(drawer.get_by_role("listitem")).to_contain_text(["Token renewed", "Key generated"])
    expect(drawer.locator(".flow-footer").get_by_role("button", name="Close")).to_be_focused()

    if way == "Escape":
        table.keyboard.press("Escape")
    elif way == "beside":
        table.mouse.click(5, 300)
    else:
        drawer.get_by_role("button", name="Close").nth(0 if way == "icon" else 1).click()

    expect(table.get_by_role("dialog")).to_have_count(0)
    expect(kebab(table, shop)).to_be_focused()


@pytest.mark.parametrize(("width", "drawn"), [(1280, 560), (768, 560), (767, 767), (390, 390), (320, 320)])
def test_the_drawer_stands_at_the_edge_as_high_as_the_screen(table, many, width, drawn):
    table.set_viewport_size({"width": width, "height": 700})
    drawer = open_history(table, many)
    table.evaluate("Promise.all(document.getAnimations().map((animation) => animation.finished))")

    assert drawer.bounding_box() == {"x": width - drawn, "y": 0, "width": drawn, "height": 700}
    assert drawer.evaluate("(dialog) => dialog.scrollWidth <= dialog.clientWidth")
    expect(drawer.locator(".flow-footer").get_by_role("button", name="Close")).to_be_in_viewport()


def test_older_events_are_appended_until_the_first(table, many):
    drawer = open_history(table, many)
    for shown in (50, 60):
        drawer.get_by_role("link", name="View older events").press("Enter")
        expect(drawer.get_by_role("listitem")).to_have_count(shown)
        expect(drawer.get_by_role("listitem").nth(25 if shown == 50 else 50)).to_be_focused()

    expect(drawer.get_by_role("link", name="View older events")).to_have_count(0)
    headings = drawer.get_by_role("heading", level=3).all_inner_texts()
    assert len(headings) == len(set(headings))
    expect(table.locator("flow-dialog")).to_have_count(1)


def test_a_key_that_was_deleted_meanwhile_closes_the_drawer(table, many):
    drawer = open_history(table, many)
    many.delete(by=BY)

    drawer.get_by_role("link", name="View older events").click()

    expect(table.locator(".toast")).to_contain_text("This key is no longer available")
    expect(drawer).to_have_count(0)


def test_rights_that_were_taken_meanwhile_are_told_in_the_drawer(table, many, acme):
    drawer = open_history(table, many)
    acme.memberships.get(user__email="admin@acme.example").roles.clear()

    drawer.get_by_role("link", name="View older events").click()

    expect(drawer.get_by_role("alert")).to_have_text("This user role does not allow this action.")
    expect(drawer.get_by_role("listitem")).to_have_count(25)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [390, 1280])
class TestAccessibility:
    @pytest.fixture
    def browser_context_args(self, browser_context_args, theme, width):
        return {**browser_context_args, "color_scheme": theme, "viewport": {"width": width, "height": 860}}

    def test_of_the_drawer_and_its_older_events(self, table, many):
        drawer = open_history(table, many)
        expect(drawer).to_be_visible()
        assert violations(table) == []

        drawer.get_by_role("link", name="View older events").click()
        expect(drawer.get_by_role("listitem")).to_have_count(50)
        assert violations(table) == []

    def test_of_the_page(self, page, many):
        page.goto(f"/accounts/acme/api-keys/{many.key}/history/")

        expect(page.get_by_role("heading", name="History")).to_be_visible()
        assert violations(page) == []


class TestWithoutJavaScript:
    @pytest.fixture
    def browser_context_args(self, browser_context_args):
        return {**browser_context_args, "java_script_enabled": False}

    def test_the_history_is_a_page_that_leads_to_older_events_and_back(self, table, many):
        kebab(table, many).click()
        table.locator(f"#menu-{many.key}").get_by_text("View History").click()
        for shown in (25, 25, 10):
            expect(table.locator(".event")).to_have_count(shown)
            if shown == 25:
                table.get_by_role("link", name="View older events").click()

        table.get_by_role("link", name="Close").click()

        expect(table.get_by_role("table")).to_be_visible()
