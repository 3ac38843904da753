"""The three flows of a renewal with a mouse, and what may happen around them."""

import pytest
from playwright.sync_api import expect

from apikeys.models import Event
from tests.conftest import BY
from tests.e2e.conftest import accepted, choose, fresh, kebab, row, toast, token_shown

PENDING = "Pending deletion - Old token"


@pytest.fixture
def table(page, erp, shop):
    page.goto("/")
    return page


def test_renewing_now_leaves_the_new_token(table, erp):
    dialog = choose(table, erp, "Renew Token")
    plaintext = token_shown(dialog)
    dialog.get_by_role("button", name="Copy token").click()
    dialog.get_by_role("radio", name="Now").check()

    dialog.get_by_role("button", name="Complete").click()

    toast(table, "Renewal completed. The old token was deleted.")
    expect(row(table, erp)).not_to_contain_text(PENDING)
    assert accepted(erp, plaintext)
    assert not accepted(erp, erp.plaintext)


def test_renewing_later_keeps_both_tokens_until_the_old_one_is_deleted(table, erp):
    dialog = choose(table, erp, "Renew Token")
    plaintext = token_shown(dialog)
    dialog.get_by_role("button", name="Complete").click()
    toast(table, "Renewal completed. Delete the old token once the integrations use the new one.")
    expect(row(table, erp)).to_contain_text(PENDING)
    assert accepted(erp, plaintext)
    assert accepted(erp, erp.plaintext)

    choose(table, erp, "Delete Old Token").get_by_role("button", name="Delete").click()

    toast(table, "Old token deleted")
    expect(row(table, erp)).not_to_contain_text(PENDING)
    assert accepted(erp, plaintext)
    assert not accepted(erp, erp.plaintext)


def test_undo_brings_the_old_token_back(table, shop):
    choose(table, shop, "Undo Renewal").get_by_role("button", name="Undo").click()

    toast(table, "Renewal undone")
    expect(row(table, shop)).not_to_contain_text(PENDING)
    assert accepted(shop, shop.old)
    assert not accepted(shop, shop.new)


@pytest.mark.parametrize("way", ["Escape", "Close", "reload", "back", "close the tab"])
def test_closing_the_dialog_in_any_way_means_later(table, erp, way, context):
    dialog = choose(table, erp, "Renew Token")
    plaintext = token_shown(dialog)

    if way == "Escape":
        table.keyboard.press("Escape")
    elif way == "Close":
        dialog.get_by_role("button", name="Close").click()
    elif way == "reload":
        table.reload()
    elif way == "back":
        table.goto("/auth/logout/")
        table.go_back()
    else:
        table.close()
        table = context.new_page()
        table.goto("/")

    expect(row(table, erp)).to_contain_text(PENDING)
    toast(table, "Token renewed. The old token is still valid.")
    assert accepted(erp, plaintext)
    assert accepted(erp, erp.plaintext)
    assert plaintext not in table.content()


def test_a_click_beside_the_dialog_closes_a_confirmation_but_never_hides_a_token(table, erp, shop):
    confirmation = choose(table, shop, "Undo Renewal")
    expect(confirmation).to_be_visible()
    table.mouse.click(5, 300)
    expect(confirmation).to_be_hidden()

    dialog = choose(table, erp, "Renew Token")
    table.mouse.click(5, 300)
    expect(dialog).to_be_visible()


def test_a_double_click_on_renew_shows_one_token(table, erp):
    kebab(table, erp).click()
    table.get_by_role("menuitem", name="Renew Token").dblclick()
    dialog = table.get_by_role("dialog", name="Renew Token")

    assert accepted(erp, token_shown(dialog))
    assert fresh(erp).tokens.count() == 2
    assert Event.objects.filter(api_key=erp, action="renewed").count() == 1
    expect(dialog).to_be_visible()


def test_enter_held_down_on_renew_shows_one_token(table, erp):
    kebab(table, erp).focus()
    table.keyboard.press("ArrowDown")
    table.keyboard.press("r")
    for _ in range(5):
        table.keyboard.down("Enter")
    table.keyboard.up("Enter")
    dialog = table.get_by_role("dialog", name="Renew Token")

    assert accepted(erp, token_shown(dialog))
    assert fresh(erp).tokens.count() == 2


def test_a_renewal_that_somebody_else_began_is_told_and_shown(table, erp):
    erp.renew(by=BY)

    choose(table, erp, "Renew Token")

    toast(table, "This key already has a pending renewal. Delete the old token or undo the renewal first.")
    expect(row(table, erp)).to_contain_text(PENDING)
    expect(table.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("flow", ["Delete Old Token", "Undo Renewal"])
def test_a_renewal_that_somebody_else_ended_is_told_and_shown(table, shop, flow):
    dialog = choose(table, shop, flow)
    shop.delete_old_token(by=BY)

    dialog.get_by_role("button", name=flow.split(maxsplit=1)[0]).click()

    toast(table, "This key has no pending renewal.")
    expect(row(table, shop)).not_to_contain_text(PENDING)
    assert accepted(shop, shop.new)


def test_a_renewal_that_is_another_one_by_now_is_left_alone(table, shop):
    dialog = choose(table, shop, "Delete Old Token")
    shop.undo_renewal(by=BY)
    later = shop.renew(by=BY).plaintext

    dialog.get_by_role("button", name="Delete").click()

    toast(table, "This key was changed by another user. The list was updated.")
    assert accepted(shop, shop.old)
    assert accepted(shop, later)


def test_a_key_that_is_gone_leaves_the_table(table, shop, erp):
    dialog = choose(table, shop, "Delete Old Token")
    shop.delete(by=BY)

    dialog.get_by_role("button", name="Delete").click()

    toast(table, "This key is no longer available")
    expect(row(table, shop)).to_have_count(0)
    expect(row(table, erp)).to_have_count(1)


def test_rights_that_were_taken_meanwhile_are_told_in_the_dialog(table, shop, acme, viewer):
    dialog = choose(table, shop, "Delete Old Token")
    acme.memberships.get(user__email="admin@acme.example").roles.set(viewer.memberships.get().roles.all())

    dialog.get_by_role("button", name="Delete").click()

    expect(dialog.get_by_role("alert")).to_have_text("This user role does not allow this action.")
    assert accepted(shop, shop.old)


def test_rights_that_were_taken_before_the_menu_was_used_are_told_in_a_dialog(table, erp, acme, viewer):
    acme.memberships.get(user__email="admin@acme.example").roles.set(viewer.memberships.get().roles.all())

    choose(table, erp, "Renew Token")

    expect(table.get_by_role("dialog")).to_contain_text("This user role does not allow this action.")


@pytest.mark.parametrize("moment", ["in the menu", "in the dialog"])
def test_a_session_that_ended_leads_to_the_sign_in_page(table, erp, shop, moment, client):
    if moment == "in the dialog":
        dialog = choose(table, shop, "Delete Old Token")
    client.session.flush()

    if moment == "in the dialog":
        dialog.get_by_role("button", name="Delete").click()
    else:
        kebab(table, erp).click()
        table.get_by_role("menuitem", name="Renew Token").click()

    table.wait_for_url("**/auth/login/?next=%2Faccounts%2Facme%2Fapi-keys%2F**")
    expect(table.get_by_label("Password")).to_be_visible()
    assert accepted(shop, shop.old)


def test_offline_is_told_and_changes_nothing_on_screen(table, erp, shop, context):
    context.set_offline(True)
    kebab(table, erp).click()
    table.get_by_role("menuitem", name="Renew Token").click()
    toast(table, "No connection. Check the network and try again.")
    expect(table.get_by_role("menu")).to_have_count(0)

    context.set_offline(False)
    dialog = choose(table, shop, "Delete Old Token")
    context.set_offline(True)
    dialog.get_by_role("button", name="Delete").click()

    expect(dialog.get_by_role("alert")).to_have_text("No connection. Check the network and try again.")
    assert accepted(shop, shop.old)


def test_now_asks_once_more_when_the_token_was_not_copied(table, erp):
    dialog = choose(table, erp, "Renew Token")
    dialog.get_by_role("radio", name="Now").check()
    dialog.get_by_role("button", name="Complete").click()

    expect(dialog.get_by_role("alert")).to_have_text("The token was not copied and cannot be displayed again.")
    expect(dialog.get_by_role("button", name="Copy token")).to_be_focused()
    assert accepted(erp, erp.plaintext)

    dialog.get_by_role("button", name="Complete anyway").click()

    toast(table, "Renewal completed. The old token was deleted.")
    assert not accepted(erp, erp.plaintext)


def test_now_warns_while_the_old_token_is_in_use(table, erp, last_used):
    last_used(erp.token, hours=1)
    dialog = choose(table, erp, "Renew Token")
    warning = dialog.get_by_text("Deleting it now interrupts the integration that uses it.")
    expect(warning).to_be_hidden()

    dialog.get_by_role("radio", name="Now").check()

    expect(warning).to_be_visible()


def test_two_tabs_tell_the_second_one_what_the_first_did(table, shop, context):
    second = context.new_page()
    second.goto("/")
    choose(table, shop, "Undo Renewal").get_by_role("button", name="Undo").click()
    toast(table, "Renewal undone")

    choose(second, shop, "Delete Old Token")

    toast(second, "This key has no pending renewal.")
    assert accepted(shop, shop.old)


def test_a_page_that_is_out_of_date_is_loaded_again_and_never_put_into_a_dialog(table, erp, context):
    context.clear_cookies(name="csrftoken")

    with table.expect_navigation():
        choose(table, erp, "Renew Token")

    expect(table.get_by_role("heading", name="API Keys", exact=True)).to_be_visible()
    assert not fresh(erp).is_renewing
