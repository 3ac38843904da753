"""Django admin under the policy of the app: the browser complains of nothing, and its scripts do their work."""

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import expect

from apikeys.models import Account, Member, User


@pytest.fixture
def desk(page, sign_in, staff):
    """The page of staff, on which nothing may go wrong in silence either."""
    sign_in(staff)
    return page


def test_no_page_for_staff_breaks_the_policy(desk, shop, partner):
    for path in pages():
        assert desk.goto(path).status == 200
        expect(desk.get_by_role("link", name="API Keys staff")).to_be_visible()


def pages():
    yield reverse("admin:index")
    for model in admin.site._registry:
        noun = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{noun}_changelist")
        yield reverse(f"{noun}_change", args=[model.objects.first().pk])
        if model in (Account, Member, User):
            yield reverse(f"{noun}_add")


def test_staff_make_a_member_by_typing_names(desk, acme, viewer):
    viewer.memberships.all().delete()
    desk.goto("/admin/apikeys/member/add/")
    for field, typed, found in [
        ("user", "viewer", viewer.email),
        ("account", "acm", "acme"),
        ("roles", "View", "API Keys Viewer"),
    ]:
        desk.locator(f".field-{field} .select2-selection").click()
        desk.keyboard.type(typed)
        desk.get_by_role("option", name=found).click()
    desk.get_by_role("button", name="Save", exact=True).click()

    expect(desk.locator(".messagelist")).to_contain_text("was added successfully")
    assert viewer.memberships.get().resources == {"view_api_keys"}


def test_staff_stop_a_leaked_key(desk, shop):
    desk.goto("/admin/apikeys/apikey/")
    desk.get_by_role("row").filter(has_text=shop.key).get_by_role("checkbox").check()
    desk.locator("select[name=action]").select_option("Deactivate")
    desk.get_by_role("button", name="Go").click()

    expect(desk.locator(".messagelist")).to_have_text(f"Deactivated: {shop.key}")
    shop.refresh_from_db()
    assert not shop.is_active
