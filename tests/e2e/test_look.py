"""What only a rendered page shows: accessibility rules, narrow screens, themes."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from apikeys.models import Account
from tests.e2e.conftest import accepted, choose, fresh, kebab, toast, token_shown

WIDTHS = [320, 390, 768, 1024, 1280, 1360, 1440, 1600]
THEMES = ["light", "dark"]
# Pages of one card, without the top bar; the last one is missing.
CARDS = ["/auth/logout/", "/auth/password/reset/", "/auth/password/reset/done/", "/auth/inactive/", "/nothing/"]
# As WCAG asks: what a person may do to the text, under a policy that allows no style element.
SPACED = "* { line-height: 1.5; letter-spacing: 0.12em; word-spacing: 0.16em } p { margin-block-end: 2em }"
LARGE = "html { font-size: 200% }"
RESTYLE = """css => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [sheet];
}"""


def addresses(key) -> list[str]:
    """Every page with the top bar, in the states that differ."""
    keys, last = "/accounts/acme/api-keys/", ["edit/", "status/", "delete/", "history/", "renewal/undo/"]
    found = [keys, keys + "?q=nothing&status=inactive&renewal=pending", keys + "settings/", keys + "new/", "/help/"]
    return found + [f"{keys}{key.key}/{flow}" for flow in [*last, "old-token/delete/"]]


@pytest.fixture
def table(page, erp, shop):
    page.goto("/")
    return page


def violations(page) -> list[str]:
    moving = "document.getAnimations().filter(({animationName}) => animationName !== 'toast-stay')"
    page.evaluate(f"Promise.allSettled({moving}.map((animation) => animation.finished))")
    # It would write what the style sheet imports into the page, which the policy forbids and no rule here needs.
    found = Axe().run(page, options={"preload": False}).response["violations"]
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

    def test_of_every_page(self, page, shop):
        for address in [*addresses(shop), *CARDS]:
            page.goto(address)
            assert violations(page) == [], address

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


def test_whatever_is_in_the_colour_of_links_shows_the_pointer_over_it_and_its_press(page, erp):
    page.goto("/accounts/acme/api-keys/?status=inactive")
    for shown in [
        page.get_by_role("link", name="Generated"),
        page.get_by_role("button", name="Status: Inactive"),
        page.get_by_role("link", name="Clear filters"),
    ]:
        expect(shown).to_have_css("color", "rgb(3, 102, 221)")
        shown.hover()
        expect(shown).to_have_css("color", "rgb(1, 85, 183)")
        page.mouse.down()
        expect(shown).to_have_css("color", "rgb(1, 69, 146)")
        page.mouse.move(0, 0)
        page.mouse.up()


@pytest.mark.parametrize("style", ["", SPACED, LARGE], ids=["plain", "spaced", "large"])
def test_no_page_scrolls_sideways(page, shop, style):
    wide = []
    for address in [*addresses(shop), *CARDS]:
        page.goto(address)
        page.evaluate(RESTYLE, style)
        for width in WIDTHS[1:] if style == LARGE else WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wide.append((address, width))

    assert wide == []


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
