"""The three flows of a renewal over HTTP: as a plain browser asks, and as htmx does."""

import re

import pytest
from django.contrib.messages import get_messages

from apikeys.models import Account, APIKey, Event
from apikeys.verification import Outcome, decide
from tests.conftest import BY
from tests.views.conftest import url

LETTERS = re.compile(r"\b[A-Z]{128}\b")


def accepted(key, plaintext) -> bool:
    return decide(key.key, plaintext).outcome is Outcome.ACCEPTED


def new_token(key) -> int:
    return APIKey.objects.get(pk=key.pk).token.pk


def said(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def renew(visitor, key):
    return visitor.post(url("renewal", key))


def complete(visitor, key, old_token, renewal=None):
    return visitor.post(url("renewal_complete", key), {"old_token": old_token, "token": renewal or new_token(key)})


class TestRenew:
    def test_the_answer_shows_a_token_that_works_beside_the_old_one(self, htmx, erp):
        response = renew(htmx, erp)

        (plaintext,) = LETTERS.findall(response.text)
        assert accepted(erp, plaintext)
        assert accepted(erp, erp.plaintext)
        assert response["Cache-Control"] == "no-store"
        assert response.text.lstrip().startswith("<flow-dialog")

    def test_a_plain_browser_gets_a_page_that_does_the_same(self, plain, erp):
        response = renew(plain, erp)

        (plaintext,) = LETTERS.findall(response.text)
        assert accepted(erp, plaintext)
        assert "<!DOCTYPE html>" in response.text
        assert "no-store" in response["Cache-Control"]

    def test_a_second_renewal_is_refused_and_changes_nothing(self, htmx, shop):
        response = renew(htmx, shop)

        assert response.status_code == 409
        assert not LETTERS.search(response.text)
        assert said(response) == [
            "This key already has a pending renewal. Delete the old token or undo the renewal first."
        ]
        assert accepted(shop, shop.old)
        assert accepted(shop, shop.new)

    def test_a_refusal_closes_the_dialog_and_refreshes_the_table(self, htmx, shop):
        response = renew(htmx, shop)

        assert response["HX-Trigger"] == '{"close-dialog": {}}'
        assert response["HX-Reswap"] == "none"

    def test_reloading_the_page_with_the_token_shows_no_token(self, plain, erp):
        renew(plain, erp)
        response = renew(plain, erp)

        assert response.status_code == 409
        assert not LETTERS.search(response.text)
        assert "This key already has a pending renewal." in response.text

    def test_the_address_of_the_renewal_leads_to_the_table(self, plain, erp):
        assert plain.get(url("renewal", erp))["Location"] == "/accounts/acme/api-keys/"
        assert not APIKey.objects.get(pk=erp.pk).is_renewing

    def test_leaving_after_the_token_was_shown_says_that_both_are_valid(self, plain, erp):
        renew(plain, erp)

        assert "Token renewed. The old token is still valid." in plain.get(url("keys")).text

    def test_outside_the_beta_it_is_refused(self, htmx, erp):
        Account.objects.update(in_beta=False)
        response = renew(htmx, erp)

        assert response.status_code == 403
        assert "Token renewal is not available for this account." in response.text
        assert not APIKey.objects.get(pk=erp.pk).is_renewing

    def test_a_plain_browser_outside_the_beta_gets_a_page(self, plain, erp):
        Account.objects.update(in_beta=False)
        response = renew(plain, erp)

        assert response.status_code == 403
        assert "Token renewal is not available for this account." in response.text

    @pytest.mark.parametrize(
        ("used", "words"), [(None, "Old token never used"), (1, "Old token in use · "), (48, "Old token last used ")]
    )
    def test_the_dialog_tells_the_use_of_the_old_token(self, htmx, erp, used, words, last_used):
        last_used(erp.token, hours=used)

        text = renew(htmx, erp).text

        assert words in text
        assert ("Deleting it now interrupts the integration that uses it." in text) == (used == 1)


class TestComplete:
    def test_later_keeps_both_tokens(self, htmx, shop):
        response = complete(htmx, shop, "later")

        assert response.status_code == 204
        assert accepted(shop, shop.old)
        assert accepted(shop, shop.new)
        assert said(response) == [
            "Renewal completed. Delete the old token once the integrations use the new one.",
        ]

    def test_now_leaves_only_the_new_token(self, htmx, shop):
        response = complete(htmx, shop, "now")

        assert response["HX-Trigger"] == '{"close-dialog": {}}'
        assert not accepted(shop, shop.old)
        assert accepted(shop, shop.new)
        assert said(response) == ["Renewal completed. The old token was deleted."]

    def test_a_plain_browser_is_led_back_to_the_table(self, plain, shop):
        response = complete(plain, shop, "now")

        assert (response.status_code, response["Location"]) == (303, "/accounts/acme/api-keys/")
        assert "Renewal completed. The old token was deleted." in plain.get(url("keys")).text

    def test_only_the_last_message_of_a_flow_is_shown(self, plain, erp):
        renew(plain, erp)
        complete(plain, erp, "later")

        assert "Token renewed." not in plain.get(url("keys")).text

    def test_a_second_now_has_no_effect(self, htmx, shop):
        seen = new_token(shop)
        complete(htmx, shop, "now", seen)
        response = complete(htmx, shop, "now", seen)

        assert response.status_code == 404
        assert accepted(shop, shop.new)

    @pytest.mark.parametrize(
        "data", [{}, {"old_token": "now"}, {"old_token": "soon"}, {"old_token": "now", "token": "x"}]
    )
    def test_a_form_that_does_not_say_what_it_means_changes_nothing(self, htmx, shop, data):
        response = htmx.post(url("renewal_complete", shop), data)

        assert response.status_code == 409
        assert accepted(shop, shop.old)
        assert accepted(shop, shop.new)


class TestDeleteOldToken:
    def test_the_confirmation_names_the_renewal_that_is_seen(self, htmx, shop):
        response = htmx.get(url("old_token_delete", shop))

        assert f'name="token" value="{new_token(shop)}"' in response.text
        assert shop.key in response.text
        assert accepted(shop, shop.old)

    def test_delete_leaves_only_the_new_token(self, htmx, shop):
        response = htmx.post(url("old_token_delete", shop), {"token": new_token(shop)})

        assert (response.status_code, said(response)) == (204, ["Old token deleted"])
        assert not accepted(shop, shop.old)
        assert accepted(shop, shop.new)

    @pytest.mark.parametrize(
        ("old_used", "new_used", "words"),
        [
            (5 / 60, 1, "The old token is still in use."),
            (5 / 60, None, "The old token is still in use."),
            (240, 1, "The old token was used in the last 30 days."),
            (240, None, "The new token has not been used yet."),
            (60 * 24, 1, "No use of the old token was recorded in the last 30 days."),
            (None, 1, "No use of the old token was recorded in the last 30 days."),
            (None, None, "The new token has not been used yet."),
        ],
    )
    def test_exactly_one_message_tells_the_risk(self, htmx, shop, last_used, old_used, new_used, words):
        last_used(shop.old_token, hours=old_used)
        last_used(shop.token, hours=new_used)

        text = htmx.get(url("old_token_delete", shop)).text

        messages = [
            "The old token is still in use.",
            "The old token was used in the last 30 days.",
            "The new token has not been used yet.",
            "No use of the old token was recorded in the last 30 days.",
        ]
        assert [message for message in messages if message in text] == [words]

    def test_it_stays_possible_when_the_beta_is_switched_off(self, htmx, shop):
        Account.objects.update(in_beta=False)

        assert htmx.post(url("old_token_delete", shop), {"token": new_token(shop)}).status_code == 204


class TestUndoRenewal:
    def test_undo_brings_the_old_token_back(self, htmx, shop):
        response = htmx.post(url("renewal_undo", shop), {"token": new_token(shop)})

        assert (response.status_code, said(response)) == (204, ["Renewal undone"])
        assert accepted(shop, shop.old)
        assert not accepted(shop, shop.new)

    def test_a_new_token_that_was_ever_used_is_a_warning(self, htmx, shop, last_used):
        assert "The new token is already in use." not in htmx.get(url("renewal_undo", shop)).text
        last_used(shop.token, hours=24 * 60)

        assert "The new token is already in use." in htmx.get(url("renewal_undo", shop)).text

    def test_it_stays_possible_when_the_beta_is_switched_off(self, htmx, shop):
        Account.objects.update(in_beta=False)

        assert htmx.post(url("renewal_undo", shop), {"token": new_token(shop)}).status_code == 204


@pytest.mark.parametrize("flow", ["renewal_complete", "old_token_delete", "renewal_undo"])
class TestEveryEndOfARenewal:
    """The same questions to Now, Delete Old Token and Undo Renewal."""

    def act(self, visitor, flow, key, renewal):
        return visitor.post(url(flow, key), {"old_token": "now", "token": renewal})

    def test_with_none_pending_it_is_404_and_changes_nothing(self, htmx, erp, flow):
        response = self.act(htmx, flow, erp, erp.token.pk)

        assert response.status_code == 404
        assert said(response) == ["This key has no pending renewal."]
        assert accepted(erp, erp.plaintext)

    def test_a_renewal_that_is_not_the_one_seen_is_409_and_changes_nothing(self, htmx, shop, flow):
        seen = new_token(shop)
        shop.undo_renewal(by=BY)
        later = shop.renew(by=BY).plaintext

        response = self.act(htmx, flow, shop, seen)

        assert response.status_code == 409
        assert said(response) == ["This key was changed by another user. The list was updated."]
        assert accepted(shop, shop.old)
        assert accepted(shop, later)

    def test_a_plain_browser_gets_a_page_that_says_why(self, plain, erp, flow):
        response = self.act(plain, flow, erp, erp.token.pk)

        assert response.status_code == 404
        assert "This key has no pending renewal." in response.text

    def test_a_key_that_is_gone_closes_the_dialog(self, htmx, shop, flow):
        seen = new_token(shop)
        shop.delete(by=BY)

        response = self.act(htmx, flow, shop, seen)

        assert (response.status_code, said(response)) == (404, ["This key is no longer available"])
        assert response["HX-Trigger"] == '{"close-dialog": {}}'

    def test_rights_that_were_lost_meanwhile_are_said_in_the_dialog(self, htmx, acme, viewer, shop, flow):
        seen = new_token(shop)
        acme.memberships.get(user__email="admin@acme.example").roles.set(viewer.memberships.get().roles.all())

        response = htmx.post(
            url(flow, shop), {"old_token": "now", "token": seen}, headers={"HX-Target": "dialog-alert"}
        )

        assert response.status_code == 403
        assert "This user role does not allow this action." in response.text
        assert "flow-dialog" not in response.text
        assert accepted(shop, shop.old)

    def test_a_session_that_ended_leads_to_the_sign_in_page_and_back(self, htmx, shop, flow):
        htmx.session.flush()

        response = self.act(htmx, flow, shop, 1)

        assert response["HX-Redirect"].startswith("/auth/login/?next=%2Faccounts%2Facme%2Fapi-keys%2F")
        assert accepted(shop, shop.old)

    def test_without_the_token_of_the_page_a_form_is_refused(self, admin, shop, flow):
        from django.test import Client

        forged = Client(enforce_csrf_checks=True)
        forged.force_login(admin)

        assert self.act(forged, flow, shop, new_token(shop)).status_code == 403
        assert accepted(shop, shop.old)
        assert accepted(shop, shop.new)

    def test_the_event_tells_who_and_from_where(self, htmx, shop, flow):
        self.act(htmx, flow, shop, new_token(shop))

        event = Event.objects.first()
        assert (event.actor, event.address) == ("admin@acme.example", "127.0.0.1")


@pytest.mark.parametrize("flow", ["old_token_delete", "renewal_undo"])
class TestEveryConfirmation:
    def test_a_plain_browser_gets_a_page(self, plain, shop, flow):
        response = plain.get(url(flow, shop))

        assert "<!DOCTYPE html>" in response.text
        assert 'href="/accounts/acme/api-keys/"' in response.text

    def test_with_none_pending_there_is_nothing_to_confirm(self, plain, erp, flow):
        assert plain.get(url(flow, erp)).status_code == 404

    def test_looking_changes_nothing(self, plain, shop, flow):
        plain.get(url(flow, shop))
        plain.head(url(flow, shop))

        assert accepted(shop, shop.old)
        assert accepted(shop, shop.new)
