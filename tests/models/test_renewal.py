import datetime as dt

import pytest

from apikeys import hashing
from apikeys.models import (
    APIKey,
    ChangedMeanwhile,
    Event,
    KeyGone,
    NoRenewalPending,
    RenewalPending,
    RenewalUnavailable,
    Token,
)
from apikeys.models.uses import Use, record_uses
from apikeys.verification import Outcome, decide
from tests.conftest import BY

COMPLETIONS = ["keep_old_token", "delete_old_token", "undo_renewal"]


def accepts(key: APIKey, plaintext: str) -> bool:
    return decide(key.key, plaintext).outcome is Outcome.ACCEPTED


def everything():
    """All that a verb could have changed."""
    return [list(model.objects.order_by("pk").values()) for model in (APIKey, Token, Event)]


def test_renew_puts_a_new_token_beside_the_old_one(erp):
    renewal = erp.renew(by=BY)

    assert erp.is_renewing
    assert (erp.token, erp.old_token) == (renewal.new_token, renewal.old_token)
    assert accepts(erp, erp.plaintext)
    assert accepts(erp, renewal.plaintext)


def test_the_new_token_counts_its_age_from_the_renewal(erp, time_machine):
    created = erp.token.created_at
    time_machine.move_to(dt.datetime(2031, 5, 1, tzinfo=dt.UTC), tick=False)

    erp.renew(by=BY)

    assert erp.token.created_at == dt.datetime(2031, 5, 1, tzinfo=dt.UTC)
    assert erp.old_token.created_at == created


def test_a_renewal_beside_a_pending_one_is_refused_before_it_costs_a_hash(shop, monkeypatch):
    monkeypatch.setattr(hashing, "hashed", lambda plaintext: pytest.fail("hashed"))

    with pytest.raises(RenewalPending):
        shop.renew(by=BY)


def test_completing_later_changes_nothing(shop):
    tokens = list(shop.tokens.values())

    shop.keep_old_token(by=BY)

    assert list(shop.tokens.values()) == tokens
    assert accepts(shop, shop.old)
    assert accepts(shop, shop.new)


def test_deleting_the_old_token_leaves_the_new_one(shop):
    shop.delete_old_token(by=BY)

    assert not shop.is_renewing
    assert not accepts(shop, shop.old)
    assert accepts(shop, shop.new)


def test_undo_brings_the_old_token_back(shop):
    shop.undo_renewal(by=BY)

    assert not shop.is_renewing
    assert not shop.token.is_old
    assert accepts(shop, shop.old)
    assert not accepts(shop, shop.new)


@pytest.mark.parametrize("completion", ["delete_old_token", "undo_renewal"])
def test_a_settled_key_can_be_renewed_again(shop, completion):
    getattr(shop, completion)(by=BY)

    plaintext = shop.renew(by=BY).plaintext

    assert accepts(shop, plaintext)
    assert shop.tokens.count() == 2


def test_undo_and_renew_recover_from_a_lost_answer(erp):
    erp.renew(by=BY)  # its plaintext never arrived

    erp.undo_renewal(by=BY)

    assert accepts(erp, erp.renew(by=BY).plaintext)
    assert accepts(erp, erp.plaintext)


def test_renew_is_refused_while_a_renewal_is_pending(shop):
    before = everything()

    with pytest.raises(RenewalPending, match="already has a pending renewal") as refusal:
        shop.renew(by=BY)

    assert refusal.value.status == 409
    assert everything() == before


@pytest.mark.parametrize("completion", COMPLETIONS)
def test_a_settled_key_has_no_renewal_to_complete(erp, completion):
    before = everything()

    with pytest.raises(NoRenewalPending) as refusal:
        getattr(erp, completion)(by=BY)

    assert refusal.value.status == 404
    assert everything() == before


def test_renew_is_refused_outside_the_closed_beta(acme, erp):
    acme.in_beta = False
    acme.save()
    before = everything()

    with pytest.raises(RenewalUnavailable) as refusal:
        erp.renew(by=BY)

    assert refusal.value.status == 403
    assert everything() == before


@pytest.mark.parametrize("completion", COMPLETIONS)
def test_switching_the_beta_off_strands_nobody_with_two_tokens(acme, shop, completion):
    acme.in_beta = False
    acme.save()

    getattr(shop, completion)(by=BY)

    assert shop.is_renewing is (completion == "keep_old_token")


@pytest.mark.parametrize("completion", COMPLETIONS)
def test_what_was_meant_for_an_earlier_renewal_does_not_touch_this_one(shop, completion):
    seen = shop.token.pk
    shop.undo_renewal(by=BY)
    shop.renew(by=BY)
    before = everything()

    with pytest.raises(ChangedMeanwhile) as refusal:
        getattr(shop, completion)(by=BY, seen=seen)

    assert refusal.value.status == 409
    assert everything() == before


@pytest.mark.parametrize("completion", COMPLETIONS)
def test_the_renewal_that_was_seen_is_the_one_completed(shop, completion):
    getattr(shop, completion)(by=BY, seen=shop.token.pk)

    assert shop.is_renewing is (completion == "keep_old_token")


@pytest.mark.parametrize("verb", ["renew", *COMPLETIONS])
def test_a_deleted_key_has_no_tokens_to_renew(shop, verb):
    APIKey.objects.get().delete(by=BY)
    before = everything()

    with pytest.raises(KeyGone) as refusal:
        getattr(shop, verb)(by=BY)

    assert refusal.value.status == 404
    assert everything() == before


def test_a_page_that_is_behind_cannot_renew_twice(acme, erp):
    behind = acme.api_keys.for_table().get()
    erp.renew(by=BY)

    with pytest.raises(RenewalPending):
        behind.renew(by=BY)

    assert not behind.is_renewing  # its own picture is the old one: the rows decided


def test_a_leaked_key_is_deactivated_renewed_freed_of_its_old_token_and_activated(erp):
    erp.deactivate(by=BY)
    plaintext = erp.renew(by=BY).plaintext
    erp.delete_old_token(by=BY)
    erp.activate(by=BY)

    assert accepts(erp, plaintext)
    assert not accepts(erp, erp.plaintext)


@pytest.mark.parametrize("completion", COMPLETIONS)
def test_a_renewal_changes_nothing_but_tokens(erp, roles, completion):
    erp.roles.set(roles)
    erp.deactivate(by=BY)
    before = APIKey.objects.values().get()

    erp.renew(by=BY)
    getattr(erp, completion)(by=BY)

    assert APIKey.objects.values().get() == before
    assert set(erp.roles.all()) == set(roles)


def test_a_renewal_concerns_one_key_only(acme, erp, shop):
    others = list(shop.tokens.values())

    erp.renew(by=BY)
    erp.delete_old_token(by=BY)

    assert list(shop.tokens.values()) == others


def test_the_last_use_of_the_surviving_token_survives(shop):
    decided = decide(shop.key, shop.old)
    record_uses([Use(decided.token_id, shop.created_at, "203.0.113.9", "ERP")])

    shop.undo_renewal(by=BY)

    assert (shop.token.last_used_address, shop.token.last_used_at) == ("203.0.113.9", shop.created_at)


def test_a_renewal_shows_its_secret_in_no_error_report(erp):
    renewal = erp.renew(by=BY)

    assert renewal.plaintext not in repr(renewal)
    assert renewal.plaintext[:25] not in repr(renewal)
