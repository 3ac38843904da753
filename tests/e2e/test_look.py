"""What only a rendered page shows: accessibility rules, narrow screens, themes."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from apikeys.models import Account
from tests.e2e.conftest import accepted, choose, fresh, kebab, toast, token_shown

WIDTHS = [320, 390, 768, 1024, 1280, 1440, 1600]
THEMES = ["light", "dark"]


@pytest.fixture
def table(page, erp, shop):
    page.goto("/")
    return page


def violations(page) -> list[str]:
    page.evaluate("Promise.allSettled(document.getAnimations().map((animation) => animation.finished))")
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['html']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


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

    def test_of_the_table_and_its_menu(self, table, shop):
        assert violations(table) == []
        kebab(table, shop).click()
        expect(table.get_by_role("menuitem", name="Undo Renewal")).to_be_visible()
        assert violations(table) == []

    @pytest.mark.parametrize("flow", ["Delete Old Token", "Undo Renewal"])
    def test_of_the_confirmations(self, table, shop, last_used, flow):
        last_used(shop.token, hours=1)
        last_used(shop.old_token, hours=1)
        expect(choose(table, shop, flow)).to_be_visible()

        assert violations(table) == []

    def test_of_the_token_shown_once_and_its_warnings(self, table, erp, last_used):
        last_used(erp.token, hours=1)
        dialog = choose(table, erp, "Renew Token")
        dialog.get_by_role("radio", name="Now").check()
        dialog.get_by_role("button", name="Complete").click()
        expect(dialog.get_by_role("alert")).to_be_visible()

        assert violations(table) == []

    def test_of_a_toast(self, table, shop):
        choose(table, shop, "Undo Renewal").get_by_role("button", name="Undo").click()
        toast(table, "Renewal undone")

        assert violations(table) == []

    def test_of_an_account_without_keys_and_outside_the_beta(self, page, admin):
        Account.objects.update(in_beta=False)
        page.goto("/")

        assert violations(page) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_never_scrolls_sideways(table, width):
    table.set_viewport_size({"width": width, "height": 800})

    assert table.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_a_renewal_fits_the_screen(table, erp, width):
    table.set_viewport_size({"width": width, "height": 844})
    dialog = choose(table, erp, "Renew Token")
    plaintext = token_shown(dialog)
    box = dialog.bounding_box()
    assert (box["x"], box["width"]) == (0, width)
    assert box["height"] <= 0.92 * 844 + 1

    dialog.get_by_role("button", name="Complete").click()

    toast(table, "Renewal completed.")
    assert fresh(erp).is_renewing
    assert accepted(erp, plaintext)


@pytest.mark.parametrize("flow", ["Delete Old Token", "Undo Renewal"])
def test_on_a_phone_a_renewal_can_be_ended(table, shop, flow):
    table.set_viewport_size({"width": 390, "height": 844})

    choose(table, shop, flow).get_by_role("button", name=flow.split(maxsplit=1)[0]).click()

    toast(table, "Old token deleted" if flow == "Delete Old Token" else "Renewal undone")
    assert not fresh(shop).is_renewing


@pytest.mark.parametrize("theme", THEMES)
def test_the_theme_that_was_chosen_wins_over_that_of_the_system(table, theme):
    other = {"light": "dark", "dark": "light"}[theme]
    table.emulate_media(color_scheme=other)

    table.get_by_role("button", name=f"Use {theme} theme").click()

    expect(table.locator("html")).to_have_attribute("data-theme", theme)
    background = table.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(19, 20, 22)"}[theme]
