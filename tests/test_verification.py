import datetime as dt
import string

import argon2
import pytest
from django.utils import timezone

from apikeys import hashing, last_use
from apikeys.models import Account, Plaintext, Token
from apikeys.models.tokens import checksum
from apikeys.verification import WRONG, Outcome, decide
from tests.conftest import BY

SECOND = dt.timedelta(seconds=1)


def guess(plaintext: str) -> Plaintext:
    """A well-formed token with the selector of this one and another secret."""
    letters = plaintext[:25] + Plaintext.random()[25:121]
    return Plaintext(letters + checksum(letters))


def test_a_right_token_opens_its_key(erp):
    verdict = decide(erp.key, erp.plaintext)

    assert verdict.outcome is Outcome.ACCEPTED
    assert (verdict.account, verdict.key, verdict.name) == ("acme", erp.key, "ERP sync")
    assert (verdict.api_key_id, verdict.token_id) == (erp.pk, erp.token.pk)
    assert verdict.deprecated_at is None


def test_the_old_token_is_deprecated_since_the_renewal(shop):
    assert decide(shop.key, shop.old).deprecated_at == shop.token.created_at
    assert decide(shop.key, shop.new).deprecated_at is None


def test_the_token_that_undo_brought_back_is_not_deprecated(shop):
    shop.undo_renewal(by=BY)

    assert decide(shop.key, shop.old).deprecated_at is None


@pytest.mark.parametrize(
    "other",
    [
        lambda key: "",
        lambda key: key.upper(),
        lambda key: key.lower(),
        lambda key: key + " ",
        lambda key: " " + key,
        lambda key: key + "\n",
        lambda key: key + "\x00",
        lambda key: key[:-1],
        lambda key: key + "A",
        lambda key: f'"{key}"',
        lambda key: "\ufeff" + key,
        lambda key: key.replace("a", "\u0430"),
        lambda key: key.replace("acme", "globex"),
        lambda key: "%",
        lambda key: "' OR '1'='1",
        lambda key: key * 1000,
        lambda key: "\ud800",
    ],
)
def test_a_right_token_under_another_key_is_wrong(erp, argon2_runs, other):
    assert decide(other(erp.key), erp.plaintext) == WRONG
    assert not argon2_runs


def test_a_token_opens_no_other_key(erp, shop, argon2_runs):
    assert decide(shop.key, erp.plaintext) == WRONG
    assert decide(erp.key, shop.new) == WRONG
    assert not argon2_runs


def test_an_invented_token_costs_one_query_and_no_argon2(erp, argon2_runs, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert decide(erp.key, Plaintext.random()) == WRONG

    assert not argon2_runs


def test_a_mistyped_token_costs_no_query(erp, argon2_runs, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert decide(erp.key, erp.plaintext[:-1]) == WRONG

    assert not argon2_runs


@pytest.mark.parametrize("at", [0, 24, 25, 60, 120, 121, 127])
def test_one_wrong_letter_is_enough(erp, at):
    letter = string.ascii_uppercase[(string.ascii_uppercase.index(erp.plaintext[at]) + 1) % 26]

    assert decide(erp.key, erp.plaintext[:at] + letter + erp.plaintext[at + 1 :]) == WRONG


def test_a_wrong_secret_costs_one_argon2_each_time(erp, argon2_runs):
    wrong = guess(erp.plaintext)

    assert decide(erp.key, wrong) == decide(erp.key, wrong) == WRONG
    assert len(argon2_runs) == 2


def test_a_wrong_secret_tells_nothing_of_an_inactive_key(erp):
    erp.deactivate(by=BY)

    assert decide(erp.key, guess(erp.plaintext)) == WRONG
    assert decide(erp.key, erp.plaintext).outcome is Outcome.INACTIVE


def test_a_proven_token_costs_no_second_argon2(shop, argon2_runs, django_assert_num_queries):
    decide(shop.key, shop.old)
    decide(shop.key, shop.new)

    with django_assert_num_queries(2):
        assert decide(shop.key, shop.old).outcome is Outcome.ACCEPTED
        assert decide(shop.key, shop.new).outcome is Outcome.ACCEPTED

    assert len(argon2_runs) == 2


@pytest.mark.parametrize(
    ("verb", "old", "new"),
    [
        ("keep_old_token", Outcome.ACCEPTED, Outcome.ACCEPTED),
        ("delete_old_token", Outcome.WRONG, Outcome.ACCEPTED),
        ("undo_renewal", Outcome.ACCEPTED, Outcome.WRONG),
        ("deactivate", Outcome.INACTIVE, Outcome.INACTIVE),
        ("delete", Outcome.WRONG, Outcome.WRONG),
    ],
)
def test_what_a_verb_ends_is_refused_at_once_however_often_it_was_proven(shop, argon2_runs, verb, old, new):
    decide(shop.key, shop.old)
    decide(shop.key, shop.new)

    getattr(shop, verb)(by=BY)

    assert (decide(shop.key, shop.old).outcome, decide(shop.key, shop.new).outcome) == (old, new)
    assert len(argon2_runs) == 2


def test_a_proof_is_of_the_hash_that_it_was_made_with(erp, shop):
    decide(erp.key, erp.plaintext)

    erp.tokens.update(hash=shop.token.hash)

    assert decide(erp.key, erp.plaintext) == WRONG


def test_a_proof_is_of_the_very_token(erp):
    decide(erp.key, erp.plaintext)

    assert decide(erp.key, guess(erp.plaintext)) == WRONG


@pytest.mark.parametrize("duration", [90, 180])
@pytest.mark.parametrize(
    ("past", "outcome"), [(-SECOND, Outcome.ACCEPTED), (0 * SECOND, Outcome.OUTDATED), (SECOND, Outcome.OUTDATED)]
)
def test_an_account_may_refuse_tokens_from_their_duration_on(erp, duration, past, outcome):
    Account.objects.update(refuses_outdated=True, token_duration=duration)
    due = erp.token.created_at + dt.timedelta(days=duration)

    assert decide(erp.key, erp.plaintext, now=due + past).outcome is outcome


def test_an_outdated_token_goes_on_working_otherwise(erp):
    years_later = timezone.now() + dt.timedelta(days=3650)

    assert decide(erp.key, erp.plaintext, now=years_later).outcome is Outcome.ACCEPTED


def test_each_token_of_a_renewal_is_outdated_by_its_own_age(shop):
    Account.objects.update(refuses_outdated=True)
    shop.tokens.filter(is_old=True).update(created_at=timezone.now() - dt.timedelta(days=90))

    assert decide(shop.key, shop.old).outcome is Outcome.OUTDATED
    assert decide(shop.key, shop.new).outcome is Outcome.ACCEPTED


def test_an_inactive_key_with_an_outdated_token_is_inactive(erp):
    Account.objects.update(refuses_outdated=True)
    erp.tokens.update(created_at=timezone.now() - dt.timedelta(days=365))
    erp.deactivate(by=BY)

    assert decide(erp.key, erp.plaintext).outcome is Outcome.INACTIVE


class Stronger(argon2.PasswordHasher):
    """The parameters of next year."""

    meanwhile = staticmethod(lambda: None)

    def __init__(self):
        super().__init__(hashing.TIME + 1, hashing.MEMORY, hashing.LANES)

    def hash(self, *args, **kwargs):
        self.meanwhile()
        return super().hash(*args, **kwargs)


def test_a_hash_of_weaker_parameters_is_accepted_and_made_anew_once(erp, monkeypatch):
    monkeypatch.setattr(hashing, "_argon2id", Stronger())
    before = erp.token.hash

    assert decide(erp.key, erp.plaintext).outcome is Outcome.ACCEPTED
    last_use.notes.write()

    after = erp.tokens.get().hash
    assert ("t=2" in before, "t=3" in after) == (True, True)
    assert decide(erp.key, erp.plaintext).outcome is Outcome.ACCEPTED
    assert erp.tokens.get().hash == after


def test_a_token_that_is_ended_while_its_hash_is_made_anew_stays_ended(shop, monkeypatch):
    monkeypatch.setattr(hashing, "_argon2id", Stronger())
    monkeypatch.setattr(Stronger, "meanwhile", staticmethod(lambda: shop.delete_old_token(by=BY)))

    decide(shop.key, shop.old)
    last_use.notes.write()

    assert decide(shop.key, shop.old) == WRONG
    assert shop.tokens.count() == 1


def test_a_new_secret_key_changes_nothing_for_tokens(shop, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new one " * 6, []

    assert decide(shop.key, shop.old).outcome is Outcome.ACCEPTED
    assert decide(shop.key, shop.new).outcome is Outcome.ACCEPTED


def test_a_full_gate_is_no_verdict(erp, full_gate):
    with pytest.raises(hashing.Busy):
        decide(erp.key, erp.plaintext)


def test_a_full_gate_holds_up_neither_proven_nor_invented_tokens(erp, shop, full_gate):
    full_gate.release()
    decide(erp.key, erp.plaintext)
    full_gate.acquire(blocking=False)

    assert decide(erp.key, erp.plaintext).outcome is Outcome.ACCEPTED
    assert decide(erp.key, Plaintext.random()) == WRONG


def test_each_proof_gives_its_place_at_the_gate_back(erp):
    for _ in range(hashing.CORES + hashing.QUEUE + 1):
        assert decide(erp.key, guess(erp.plaintext)) == WRONG


def test_a_check_writes_nothing(shop):
    before = list(Token.objects.values())

    decide(shop.key, shop.old)
    decide(shop.key, guess(shop.new))

    assert list(Token.objects.values()) == before
