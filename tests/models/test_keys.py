import datetime as dt
import re

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apikeys.models import APIKey, ChangedMeanwhile, Event, KeyGone, Token, TokenDuration, keys
from apikeys.verification import Outcome, decide
from tests.conftest import BY

D = dt.timedelta(days=TokenDuration.THREE_MONTHS)
SECOND = dt.timedelta(seconds=1)


def test_generate_gives_a_key_that_is_open_at_once(acme, roles):
    key, plaintext = APIKey.generate(acme, "Price feed", roles=roles, by=BY)

    assert re.fullmatch(r"vtexappkey-acme-[A-Z]{6}", key.key)
    assert (key.name, key.account, key.is_active) == ("Price feed", acme, True)
    assert list(key.roles.order_by("name")) == roles
    assert decide(key.key, plaintext).outcome is Outcome.ACCEPTED
    assert key.tokens.count() == 1


def test_a_key_is_generated_without_roles_unless_some_are_chosen(erp):
    assert not erp.roles.exists()


def test_every_key_gets_letters_that_no_other_has(acme, monkeypatch):
    monkeypatch.setattr(keys, "LETTERS", "ABCDEFGH")
    monkeypatch.setattr(keys, "RANDOM_LETTERS", 1)

    for name in range(8):
        APIKey.generate(acme, f"Key {name}", by=BY)

    assert {key.key[-1] for key in acme.api_keys.all()} == set("ABCDEFGH")


def test_two_keys_may_have_the_same_name(acme, erp):
    twin, _plaintext = APIKey.generate(acme, erp.name, by=BY)

    assert twin.key != erp.key


def test_the_database_refuses_a_key_without_a_name_and_nothing_is_left(acme):
    with pytest.raises(IntegrityError), transaction.atomic():
        APIKey.generate(acme, "", by=BY)

    assert not APIKey.objects.exists()
    assert not Token.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize("name", ["", "a" * 81, "a\x00b", "a\nb", "a\tb", "\x7f", "\x85"])
def test_a_name_that_cannot_be_shown_is_refused(acme, name):
    with pytest.raises(ValidationError) as refusal:
        APIKey(account=acme, key="vtexappkey-acme-YSWQFZ", name=name).full_clean()

    assert set(refusal.value.error_dict) == {"name"}


@pytest.mark.parametrize("name", ["E", "a" * 80, "Integração São Paulo", "价格", "🛒 Shop", "<b>", "{{7*7}}"])
def test_a_name_is_kept_as_it_was_given(acme, name):
    APIKey(account=acme, key="vtexappkey-acme-YSWQFZ", name=name).full_clean()

    key, _plaintext = APIKey.generate(acme, name, by=BY)

    assert APIKey.objects.get(pk=key.pk).name == name


def test_no_two_keys_have_the_same_public_half(acme, erp):
    with pytest.raises(IntegrityError), transaction.atomic():
        APIKey.objects.create(account=acme, name="Twin", key=erp.key)


def test_an_inactive_key_opens_with_neither_token(shop):
    shop.deactivate(by=BY)

    assert decide(shop.key, shop.old).outcome is Outcome.INACTIVE
    assert decide(shop.key, shop.new).outcome is Outcome.INACTIVE


def test_activating_brings_the_very_same_tokens_back(shop):
    tokens = list(shop.tokens.values())
    shop.deactivate(by=BY)

    shop.activate(by=BY)

    assert list(shop.tokens.values()) == tokens
    assert decide(shop.key, shop.old).outcome is Outcome.ACCEPTED
    assert decide(shop.key, shop.new).outcome is Outcome.ACCEPTED


def test_switching_a_key_changes_nothing_but_its_status(erp, roles):
    erp.roles.set(roles)
    before = APIKey.objects.values().get()

    erp.deactivate(by=BY)

    assert APIKey.objects.values().get() == before | {"is_active": False}
    assert set(erp.roles.all()) == set(roles)


@pytest.mark.parametrize("switches", [["activate"], ["deactivate", "deactivate"]])
def test_a_key_that_somebody_else_switched_already_is_refused(erp, switches):
    *earlier, last = switches
    for switch in earlier:
        getattr(erp, switch)(by=BY)

    with pytest.raises(ChangedMeanwhile) as refusal:
        getattr(erp, last)(by=BY)

    assert refusal.value.status == 409
    assert Event.objects.exclude(action="generated").count() == len(earlier)


def test_a_deleted_key_is_gone_with_its_tokens(shop, erp):
    shop.delete(by=BY)

    assert list(APIKey.objects.all()) == [erp]
    assert list(Token.objects.all()) == [erp.token]
    assert decide(shop.key, shop.old).outcome is Outcome.WRONG
    assert decide(shop.key, shop.new).outcome is Outcome.WRONG


def test_deleting_a_key_keeps_its_roles_for_others(erp, roles):
    erp.roles.set(roles)

    erp.delete(by=BY)

    assert [role.api_keys.count() for role in roles] == [0, 0]


@pytest.mark.parametrize("verb", ["activate", "deactivate", "delete"])
def test_a_deleted_key_can_neither_be_switched_nor_deleted_again(erp, verb):
    APIKey.objects.get().delete(by=BY)

    with pytest.raises(KeyGone) as refusal:
        getattr(erp, verb)(by=BY)

    assert refusal.value.status == 404
    assert not APIKey.objects.exists()
    assert Event.objects.filter(action="deleted").count() == 1


@pytest.mark.parametrize("duration", TokenDuration)
@pytest.mark.parametrize(
    ("past", "alert"),
    [
        (-SECOND, ""),
        (dt.timedelta(), "recommended"),
        (dt.timedelta(days=90) - SECOND, "recommended"),
        (dt.timedelta(days=90), "highly"),
    ],
    ids=["a second before", "the token duration", "a second before 90 days more", "90 days more"],
)
def test_the_alert_turns_orange_at_the_token_duration_and_red_90_days_later(
    acme, erp, time_machine, duration, past, alert
):
    acme.token_duration = duration
    acme.save()
    erp.tokens.update(created_at=dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC))

    time_machine.move_to(dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC) + acme.duration + past, tick=False)

    assert APIKey.objects.get().alert == alert


def test_a_pending_renewal_takes_the_place_of_the_alert(erp, time_machine):
    time_machine.move_to(erp.created_at + D * 3)
    assert erp.alert == "highly"

    erp.renew(by=BY)

    assert erp.alert == "pending"


def test_deleting_the_old_token_ends_the_alert_and_undo_brings_it_back(erp, time_machine):
    time_machine.move_to(erp.created_at + D * 1.5)
    erp.renew(by=BY)

    erp.undo_renewal(by=BY)
    assert erp.alert == "recommended"

    erp.renew(by=BY)
    erp.delete_old_token(by=BY)
    assert erp.alert == ""


@pytest.mark.parametrize("rows", [1, 5])
def test_the_table_takes_a_constant_number_of_queries(acme, roles, rows, django_assert_num_queries):
    for name in range(rows):
        APIKey.generate(acme, f"Key {name}", roles=roles, by=BY)[0].renew(by=BY)

    with django_assert_num_queries(3):
        shown = [(key.alert, len(key.roles.all())) for key in acme.api_keys.for_table()]

    assert shown == [("pending", 2)] * rows


def test_the_table_begins_with_the_newest_key(acme, erp, shop):
    assert list(acme.api_keys.for_table()) == [shop, erp]
