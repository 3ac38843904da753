"""Finding keys as a person does: typing, ticking, sorting, going back; with a mouse, with keys, without scripts."""

import re

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from apikeys.models import APIKey, Token
from tests.conftest import BY
from tests.e2e.conftest import choose, toast
from tests.e2e.test_look import violations


@pytest.fixture
def keys(erp, shop, acme):
    """ERP sync; Marketplace connector, renewing and with a role; Billing, inactive."""
    billing, _plaintext = APIKey.generate(acme, "Billing", by=BY)
    billing.deactivate(by=BY)
    shop.roles.add(Group.objects.get(name="Catalog"))
    return [billing, shop, erp]


@pytest.fixture
def table(page, keys):
    page.goto("/")
    return page


@pytest.fixture
def many(acme):
    for n in range(60):
        key = APIKey.objects.create(account=acme, key=f"vtexappkey-acme-{n:06}", name=f"Key {n:02}")
        Token.objects.create(api_key=key, selector=f"{n:025}", hash="-")


def search(page):
    return page.get_by_role("searchbox", name="Search by key or name")


def trigger(page, name: str):
    return page.locator(f"#filter-{name}")


def shown(page, *names: str) -> None:
    expect(page.locator(".key-name")).to_have_text(list(names))


def address(page, query: str) -> None:
    expect(page).to_have_url(re.compile(re.escape(f"/accounts/acme/api-keys/{query}") + "$"))


def test_results_follow_the_typing_and_the_address_follows_the_results(table):
    asked = []
    table.on("request", lambda request: asked.append(request.url) if "q=" in request.url else None)
    search(table).press_sequentially("BILL", delay=30)

    shown(table, "Billing")
    address(table, "?q=BILL")
    expect(search(table)).to_be_focused()
    expect(table.locator("#find-status")).to_have_text("1 key found")
    assert len(asked) == 1
    expect(table.locator(".pager-range").first).to_have_text("1–1 of 1")


@pytest.mark.parametrize("way", ["Escape", "Clear search"])
def test_the_search_is_cleared(table, way):
    search(table).fill("billing")
    shown(table, "Billing")

    if way == "Escape":
        search(table).press("Escape")
    else:
        table.get_by_role("link", name="Clear search").click()

    shown(table, "Billing", "Marketplace connector", "ERP sync")
    address(table, "")
    expect(search(table)).to_be_focused()
    expect(search(table)).to_have_value("")
    expect(table.get_by_role("link", name="Clear search")).to_be_hidden()


def test_filters_with_the_mouse(table):
    trigger(table, "status").click()
    table.get_by_role("checkbox", name="Inactive").check()
    table.get_by_role("button", name="Apply").click()
    shown(table, "Billing")
    address(table, "?status=inactive")
    expect(trigger(table, "status")).to_have_text(re.compile("Status: Inactive"))
    expect(trigger(table, "status")).to_be_focused()

    trigger(table, "role").click()
    table.get_by_role("checkbox", name="Catalog").check()
    table.get_by_role("button", name="Apply").click()
    expect(table.get_by_role("heading", name="No results found")).to_be_visible()
    expect(table.locator("#find-status")).to_have_text("No keys found")

    table.get_by_role("link", name="Clear filters").click()
    shown(table, "Billing", "Marketplace connector", "ERP sync")
    address(table, "")


def test_filters_with_the_keyboard(table):
    trigger(table, "renewal").focus()
    table.keyboard.press("Enter")
    expect(table.get_by_role("checkbox", name="Up to date")).to_be_focused()
    for _ in range(3):
        table.keyboard.press("Tab")
    table.keyboard.press("Space")
    table.keyboard.press("Enter")

    shown(table, "Marketplace connector")
    address(table, "?renewal=pending")
    expect(trigger(table, "renewal")).to_be_focused()


@pytest.mark.parametrize("way", ["Escape", "a click outside"])
def test_a_panel_that_is_closed_applies_nothing(table, way):
    trigger(table, "status").click()
    table.get_by_role("checkbox", name="Inactive").check()

    if way == "Escape":
        table.keyboard.press("Escape")
        expect(trigger(table, "status")).to_be_focused()
    else:
        table.mouse.click(700, 40)
    expect(table.get_by_role("button", name="Apply")).to_be_hidden()
    search(table).fill("e")

    address(table, "?q=e")


def test_clear_in_a_panel_clears_that_filter_only(table):
    table.goto("/accounts/acme/api-keys/?status=inactive&q=b")
    trigger(table, "status").click()

    table.locator("#options-status").get_by_role("link", name="Clear").click()

    address(table, "?q=b")
    expect(trigger(table, "status")).to_have_text("Status")


def test_many_roles_are_searched_in_their_panel(table, erp):
    erp.roles.set([Group.objects.create(name=name) for name in ("Café", "B", "C", "D", "E")])
    table.reload()
    trigger(table, "role").click()
    field = table.get_by_role("searchbox", name="Search roles")
    expect(field).to_be_focused()

    field.press_sequentially("cafe")

    expect(table.locator("#options-role").get_by_role("checkbox")).to_have_count(1)
    table.get_by_role("checkbox", name="Café").check()
    table.get_by_role("button", name="Apply").click()
    shown(table, "ERP sync")


def test_headers_sort_and_turn_round(table):
    header = table.get_by_role("columnheader", name="Key/Name")
    header.get_by_role("link").click()
    expect(header).to_have_attribute("aria-sort", "ascending")
    expect(header.get_by_role("link")).to_be_focused()
    expect(table.locator("#find-status")).to_have_text("Sorted by Key/Name, ascending3 keys found")

    header.get_by_role("link").press("Enter")

    expect(header).to_have_attribute("aria-sort", "descending")
    address(table, "?sort=-key")


def test_back_reload_and_a_shared_link_give_the_same_view(table, context):
    search(table).fill("e")
    address(table, "?q=e")
    table.get_by_role("link", name="Key/Name").click()
    address(table, "?q=e&sort=key")
    before = table.locator(".key").all_inner_texts()

    table.reload()
    assert table.locator(".key").all_inner_texts() == before
    expect(search(table)).to_have_value("e")
    shared = context.new_page()
    shared.goto(table.url)
    assert shared.locator(".key").all_inner_texts() == before

    table.go_back()
    address(table, "?q=e")
    expect(table.get_by_role("columnheader", name="Created date")).to_have_attribute("aria-sort", "descending")
    table.go_back()
    address(table, "")
    expect(search(table)).to_have_value("")


def test_pages_turn_in_place(table, many):
    table.reload()
    navigation = table.get_by_role("navigation", name="Pagination")
    navigation.get_by_role("link", name="Next page").click()
    address(table, "?page=2")
    expect(navigation).to_contain_text("26–50 of 63")

    table.locator(".table-end").get_by_role("link", name="Next page").click()

    address(table, "?page=3")
    expect(navigation).to_contain_text("51–63 of 63")
    expect(table.get_by_role("region", name="Generated API keys")).to_be_focused()


def test_after_a_dialog_the_table_is_that_of_the_address(table, shop):
    search(table).fill("market")
    shown(table, "Marketplace connector")

    choose(table, shop, "Undo Renewal").get_by_role("button", name="Undo").click()

    toast(table, "Renewal undone")
    shown(table, "Marketplace connector")
    address(table, "?q=market")
    expect(search(table)).to_have_value("market")


def test_results_that_cannot_be_loaded_can_be_asked_for_again(table):
    table.route("**/api-keys/?q=*", lambda route: route.fulfill(status=503, body="away"))
    search(table).fill("billing")
    expect(table.get_by_role("heading", name="Something went wrong")).to_be_visible()
    expect(table.locator(".toast")).to_have_count(0)
    expect(search(table)).to_have_value("billing")
    table.unroute("**/api-keys/?q=*")

    table.evaluate("window.stayed = true")
    table.get_by_role("link", name="Try again").click()

    shown(table, "Billing")
    address(table, "?q=billing")
    assert table.evaluate("window.stayed")


def test_offline_is_told_and_the_results_stay(table, context):
    context.set_offline(True)
    search(table).fill("billing")

    toast(table, "No connection. Check the network and try again.")
    expect(table.locator(".key-name")).to_have_count(3)
    context.set_offline(False)


def test_a_theme_that_is_chosen_keeps_the_view(table):
    search(table).fill("billing")
    address(table, "?q=billing")

    table.get_by_role("button", name="Use dark theme").click()

    address(table, "?q=billing")


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_a_list_sorts_and_nothing_scrolls_sideways(table, width):
    table.set_viewport_size({"width": width, "height": 844})
    table.get_by_role("combobox", name="Sort order").select_option("Key/Name")
    address(table, "?sort=key")
    table.get_by_role("link", name="Sort by Key/Name").click()
    address(table, "?sort=-key")
    table.get_by_role("combobox", name="Sort order").select_option("Status")
    address(table, "?sort=status")
    trigger(table, "renewal").click()
    table.get_by_role("checkbox", name="Pending deletion").check()
    table.get_by_role("button", name="Apply").click()

    shown(table, "Marketplace connector")
    assert table.evaluate("document.documentElement.scrollWidth") <= width
    assert search(table).bounding_box()["width"] == width - 32


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_accessibility_of_toolbar_panels_and_no_results(table, theme, width):
    table.emulate_media(color_scheme=theme, reduced_motion="reduce")
    table.set_viewport_size({"width": width, "height": 860})
    table.goto("/accounts/acme/api-keys/?status=active&q=e")
    trigger(table, "renewal").click()
    expect(table.get_by_role("checkbox", name="Up to date")).to_be_visible()
    assert violations(table) == []

    table.goto("/accounts/acme/api-keys/?status=inactive&q=nowhere")
    assert violations(table) == []


class TestWithoutScripts:
    @pytest.fixture
    def browser_context_args(self, browser_context_args):
        return {**browser_context_args, "java_script_enabled": False}

    def test_enter_searches_and_links_do_the_rest(self, table):
        search(table).fill("billing")
        search(table).press("Enter")
        shown(table, "Billing")
        expect(search(table)).to_have_value("billing")

        table.get_by_role("link", name="Clear search").click()
        shown(table, "Billing", "Marketplace connector", "ERP sync")
        table.get_by_role("link", name="Created date").click()
        shown(table, "ERP sync", "Marketplace connector", "Billing")

    def test_filters_are_applied_and_cleared(self, table):
        trigger(table, "status").click()
        table.get_by_role("checkbox", name="Inactive").check()
        table.get_by_role("button", name="Apply").click()
        shown(table, "Billing")

        table.get_by_role("link", name="Clear filters").click()
        shown(table, "Billing", "Marketplace connector", "ERP sync")
