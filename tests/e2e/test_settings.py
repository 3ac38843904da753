"""The Settings tab: applied by mouse, by keyboard and without scripts; its look."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apikeys.models import Account, Token
from tests.e2e.conftest import accepted, row, toast
from tests.e2e.test_look import THEMES, violations


@pytest.fixture
def tab(page, erp):
    """The tab of an account with an outdated token that is in use."""
    now = timezone.now()
    Token.objects.update(created_at=now - dt.timedelta(days=100), last_used_at=now)
    page.goto("/")
    page.get_by_role("navigation", name="API Keys sections").get_by_role("link", name="Settings").click()
    expect(page).to_have_title("Settings - API Keys")
    return page


def saved() -> tuple[int, bool]:
    account = Account.objects.get(slug="acme")
    return account.token_duration, account.refuses_outdated


def test_refusing_outdated_tokens_counts_at_once(tab, erp):
    expect(tab.get_by_text("Outdated now: 1. Used in the last 24 hours: 1.")).to_be_visible()
    tab.get_by_label("Refuse outdated tokens").check()
    tab.get_by_role("button", name="Apply").click()

    toast(tab, "Settings applied")
    assert saved() == (90, True)
    assert not accepted(erp, erp.plaintext)
    tab.get_by_role("link", name="Generated").click()
    expect(row(tab, erp)).to_contain_text("Outdated - Refused")


def test_a_longer_duration_takes_the_alert_away(tab, erp):
    tab.get_by_role("radio", name="6 months").check()
    tab.get_by_role("button", name="Apply").click()

    toast(tab, "Settings applied")
    expect(tab.get_by_role("radio", name="6 months")).to_be_checked()
    expect(tab.get_by_text("Outdated now:")).to_have_count(0)
    tab.get_by_role("link", name="Generated").click()
    expect(row(tab, erp)).not_to_contain_text("Renewal recommended")


def test_the_settings_are_applied_with_the_keyboard(tab):
    tab.get_by_role("link", name="Settings").focus()
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("radio", name="3 months (recommended)")).to_be_focused()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("button", name="Apply")).to_be_focused()
    tab.keyboard.press("Enter")

    toast(tab, "Settings applied")
    assert saved() == (180, True)


def test_an_error_takes_the_focus_and_stands_beside_the_choice(tab):
    uncheck(tab)
    tab.get_by_role("button", name="Apply").click()

    choice = tab.get_by_role("radiogroup", name="Token duration")
    expect(choice).to_contain_text("Select a token duration")
    expect(choice).to_have_accessible_description(re.compile("^Select a token duration"))
    expect(choice.get_by_role("radio").first).to_be_focused()
    assert saved() == (90, False)


def uncheck(page) -> None:
    """What no person can do, and an old page or a broken one may."""
    page.evaluate("document.querySelectorAll('[type=radio]').forEach(radio => { radio.checked = false })")


class TestWithoutScripts:
    @pytest.fixture
    def browser_context_args(self, browser_context_args):
        return {**browser_context_args, "java_script_enabled": False}

    def test_the_settings_are_applied(self, tab, erp):
        tab.get_by_label("Refuse outdated tokens").check()
        tab.get_by_role("button", name="Apply").click()

        expect(tab.get_by_role("main")).to_contain_text("Settings applied")
        expect(tab.get_by_label("Refuse outdated tokens")).to_be_checked()
        assert not accepted(erp, erp.plaintext)


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

    def test_of_the_tab_its_toast_and_its_error(self, tab):
        assert violations(tab) == []
        tab.get_by_role("button", name="Apply").click()
        toast(tab, "Settings applied")
        assert violations(tab) == []
        uncheck(tab)
        tab.get_by_role("button", name="Apply").click()
        expect(tab.get_by_text("Select a token duration")).to_be_visible()
        assert violations(tab) == []

    def test_of_the_tab_to_read(self, tab, sign_in, viewer):
        Account.objects.update(in_beta=False)
        sign_in(viewer)
        tab.reload()
        expect(tab.get_by_text("This user role does not allow changes to the settings.")).to_be_visible()

        assert violations(tab) == []


def test_on_a_narrow_screen_the_current_tab_is_in_view(tab):
    tab.set_viewport_size({"width": 160, "height": 800})
    tab.reload()

    expect(tab.locator(".tab[aria-current]")).to_be_in_viewport(ratio=0.99)
