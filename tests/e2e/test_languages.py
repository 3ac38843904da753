"""The language menu as the other menus, and the longest words on every screen."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apikeys.models import Token
from tests.e2e.test_look import violations

WIDTHS = [320, 390, 768, 1024, 1440]


@pytest.fixture
def table(page, erp, shop):
    Token.objects.filter(api_key=erp).update(created_at=timezone.now() - dt.timedelta(days=300))
    page.goto("/")
    return page


def language_button(page, name="Language EN"):
    return page.get_by_role("button", name=name, exact=True)


def speaks(page, lang: str, title: str) -> None:
    expect(page.locator("html")).to_have_attribute("lang", lang)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_choose_a_language_by_mouse(table):
    table.goto("/accounts/acme/api-keys/?q=erp")
    language_button(table).click()
    table.get_by_role("menuitem", name="Português").click()

    speaks(table, "pt-BR", "Chaves de API")
    expect(language_button(table, "Idioma PT")).to_be_visible()
    assert table.url.endswith("?q=erp")
    assert " ".join(table.title().split()) == "Geradas - Chaves de API"


def test_choose_a_language_by_keyboard(table):
    language_button(table).focus()
    table.keyboard.press("ArrowDown")
    expect(table.get_by_role("menuitem", name="English")).to_be_focused()
    table.keyboard.press("p")
    expect(table.get_by_role("menuitem", name="Português")).to_be_focused()
    table.keyboard.press("End")
    table.keyboard.press("Enter")

    speaks(table, "es", "Claves de API")


def test_escape_leaves_the_language_as_it_is(table):
    language_button(table).focus()
    table.keyboard.press("Enter")
    expect(table.get_by_role("menuitem", name="English")).to_be_focused()
    table.keyboard.press("Escape")

    expect(language_button(table)).to_be_focused()
    speaks(table, "en", "API Keys")


def test_choose_a_language_before_signing_in(page, context):
    context.clear_cookies()
    page.goto("/")
    page.get_by_role("button", name="Español").click()

    speaks(page, "es", "Iniciar sesión")
    assert violations(page) == []


class TestWithoutJavaScript:
    @pytest.fixture
    def browser_context_args(self, browser_context_args):
        return {**browser_context_args, "java_script_enabled": False}

    def test_choose_a_language(self, table):
        language_button(table).click()
        table.locator("#language-menu").get_by_text("Español").click()

        speaks(table, "es", "Claves de API")


class TestInPortuguese:
    @pytest.fixture
    def browser_context_args(self, browser_context_args):
        return {**browser_context_args, "locale": "pt-BR", "reduced_motion": "reduce"}

    def test_on_a_phone_the_button_keeps_only_its_icon(self, table):
        table.set_viewport_size({"width": 390, "height": 844})
        button = language_button(table, "Idioma")
        box = button.bounding_box()
        assert box["width"] == box["height"] == 36

        button.click()
        expect(table.get_by_role("menuitem", name="Português")).to_be_visible()
        menu = table.locator("#language-menu").bounding_box()
        assert menu["x"] >= 0
        assert menu["x"] + menu["width"] <= 390
        assert violations(table) == []

    def test_the_open_menu_breaks_no_rule(self, table):
        language_button(table, "Idioma PT").click()
        expect(table.get_by_role("menuitem", name="Português")).to_be_visible()

        assert violations(table) == []

    @pytest.mark.parametrize("locale", ["pt-br", "es"])
    @pytest.mark.parametrize("width", WIDTHS)
    def test_the_longest_words_never_scroll_the_page_sideways(self, table, context, base_url, width, locale):
        context.add_cookies([{"name": "language", "value": locale, "url": base_url}])
        table.reload()
        table.set_viewport_size({"width": width, "height": 800})

        assert table.evaluate("document.documentElement.scrollWidth") <= width
        if width >= 1024:
            assert table.locator(".table-region").evaluate("region => region.scrollWidth <= region.clientWidth")

    def test_the_renewal_speaks_portuguese(self, table, erp):
        table.get_by_role("button", name=f"Mais ações para {erp.key}").click()
        table.get_by_role("menuitem", name="Renovar token").click()
        dialog = table.get_by_role("dialog", name="Renovar token")
        expect(dialog.get_by_role("status", name="Novo token")).to_be_visible()
        dialog.get_by_role("button", name="Finalizar").click()

        expect(table.locator(".toast")).to_contain_text("Renovação finalizada.")
