"""For fingers, for eyes and on paper: target sizes, focus, tooltips, motion, forced colors, print."""

import re

import pytest
from playwright.sync_api import expect

from apikeys.models import APIKey
from tests.conftest import BY
from tests.e2e.conftest import choose, kebab, row, toast
from tests.e2e.test_look import CARDS, addresses

# What can be pressed, and is smaller than it should be; a label counts with its box, and so does the room around.
SMALL = """least => [...document.querySelectorAll("a[href], button:enabled, input:not([type=hidden]), select")]
  .filter(control => control.checkVisibility() && !control.matches(".visually-hidden"))
  .map(control => {
    const room = getComputedStyle(control, "::before");
    const around = room.position === "absolute" && room.content !== "none" ? parseFloat(room.height) : 0;
    const box = (control.closest("label") ?? control.closest(".roles-search") ?? control).getBoundingClientRect();
    return [control.id || control.className, Math.round(Math.max(Math.min(box.width, box.height), around))];
  })
  .filter(([, size]) => size && size < least)"""
TOOLTIP = "button => getComputedStyle(button, '::after').content !== 'none' && button.matches(':hover, :focus-visible')"


@pytest.fixture
def table(page, erp, shop):
    page.goto("/")
    return page


def small(page, key, least: int) -> list:
    found = []
    for address in [*addresses(key), *CARDS]:
        page.goto(address)
        found += [(address, *control) for control in page.evaluate(SMALL, least)]
    return found


def test_every_target_is_large_enough_for_the_pointer(page, shop):
    assert small(page, shop, 24) == []


class TestOnATouchScreen:
    @pytest.fixture
    def browser_context_args(self, browser_context_args):
        return {**browser_context_args, "has_touch": True, "is_mobile": True, "viewport": {"width": 390, "height": 844}}

    def test_every_target_is_large_enough_for_a_finger(self, page, shop):
        assert small(page, shop, 44) == []

    def test_help_is_in_the_account_menu(self, table):
        expect(table.get_by_role("link", name="Help")).to_be_hidden()
        table.get_by_role("button", name="Account menu").click()
        table.get_by_role("menuitem", name="Help").click()

        expect(table.get_by_role("heading", name="Help", level=1)).to_be_visible()


def test_the_focus_goes_along_the_top_bar_in_its_order(table):
    names = ["Skip to content", "Help", "Language EN", "Use dark theme", "Account menu of admin@acme.example"]
    for name in names:
        table.keyboard.press("Tab")
        expect(table.locator(":focus")).to_have_accessible_name(name)


def test_arrows_leave_out_what_the_account_menu_does_not_show(table):
    table.get_by_role("button", name="Account menu").press("ArrowUp")
    expect(table.get_by_role("menuitem", name="Sign out")).to_be_focused()
    table.keyboard.press("ArrowUp")

    expect(table.get_by_role("menuitem", name="API Keys")).to_be_focused()


def test_the_focus_is_never_under_the_header_that_sticks(page, acme):
    for number in range(12):
        APIKey.generate(acme, f"Key {number}", by=BY)
    page.set_viewport_size({"width": 1280, "height": 500})
    page.goto("/")
    page.get_by_role("button", name="More actions for").last.focus()
    header = page.locator("thead th").first.bounding_box()
    assert header["y"] == 0

    for _ in range(16):
        page.keyboard.press("Shift+Tab")
        assert page.locator(":focus").bounding_box()["y"] >= header["height"]


def test_escape_hides_a_tooltip_until_the_pointer_comes_again(table, erp):
    kebab(table, erp).hover()
    assert kebab(table, erp).evaluate(TOOLTIP)
    table.keyboard.press("Escape")
    assert not kebab(table, erp).evaluate(TOOLTIP)

    table.get_by_role("heading", level=1).hover()
    kebab(table, erp).hover()

    assert kebab(table, erp).evaluate(TOOLTIP)


def test_an_error_goes_when_its_field_changes_and_the_help_is_back(table):
    table.get_by_role("link", name="Generate Key").click()
    table.get_by_role("button", name="Generate", exact=True).click()
    field = table.get_by_label("Key identification")
    expect(field).to_have_accessible_description("Fill in the key identification")

    field.press_sequentially("E")

    expect(table.get_by_text("Fill in the key identification")).to_have_count(0)
    expect(field).not_to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("^Name that identifies the key"))


def test_good_news_waits_while_it_is_read_and_goes_by_itself(table, shop):
    choose(table, shop, "Undo Renewal").get_by_role("button", name="Undo").click()
    toast(table, "Renewal undone")
    stay = "document.getAnimations().find(({animationName}) => animationName === 'toast-stay')"
    assert table.evaluate(f"{stay}.effect.getTiming().duration") == 8000

    table.locator(".toast").hover()
    assert table.evaluate(f"{stay}.playState") == "paused"
    table.evaluate(f"{stay}.finish()")

    expect(table.locator(".toast")).to_have_count(0)


class TestWithReducedMotion:
    @pytest.fixture
    def browser_context_args(self, browser_context_args):
        return {**browser_context_args, "reduced_motion": "reduce"}

    @pytest.mark.parametrize("flow", ["Delete Key", "Undo Renewal"])
    def test_nothing_slides(self, table, shop, flow):
        dialog = choose(table, shop, flow)

        assert dialog.evaluate("dialog => getComputedStyle(dialog).animationDuration") == "0.001s"

    def test_a_toast_stays_as_long_as_for_everyone(self, table, shop):
        choose(table, shop, "Undo Renewal").get_by_role("button", name="Undo").click()
        toast(table, "Renewal undone")

        assert table.locator(".toast").evaluate("toast => getComputedStyle(toast).animationDuration") == "0.001s, 8s"


def test_with_forced_colors_only_the_current_tab_is_underlined(table):
    table.emulate_media(forced_colors="active")
    lines = "tabs => tabs.map(tab => getComputedStyle(tab).borderBlockEndColor)"
    page = table.evaluate("getComputedStyle(document.body).backgroundColor")

    current, *others = table.locator(".tab").evaluate_all(lines)

    assert current != page
    assert set(others) == {page}


@pytest.mark.parametrize("width", [390, 900, 1280])
def test_on_paper_there_is_the_list_alone(table, erp, width):
    table.set_viewport_size({"width": width, "height": 800})
    table.emulate_media(media="print", color_scheme="dark")

    expect(table.get_by_role("columnheader", name="Last used")).to_be_visible()
    expect(row(table, erp)).to_contain_text("ERP sync")
    pressed = table.locator(":is(a, button, input, select):not(.sort, .skip-link)").filter(visible=True)
    expect(pressed).to_have_count(0)
