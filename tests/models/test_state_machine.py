"""The verbs in any order, against a model of the table of states: which tokens are accepted, which events there are.

Run at length with HYPOTHESIS_PROFILE=long.
"""

import os
from contextlib import contextmanager
from unittest import mock

import argon2
from django.db import transaction
from hypothesis import settings
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from apikeys import hashing
from apikeys.models import (
    Account,
    APIKey,
    ChangedMeanwhile,
    Event,
    KeyGone,
    NoRenewalPending,
    RenewalPending,
    RenewalUnavailable,
    Token,
)
from apikeys.verification import Outcome, decide
from tests.conftest import BY

settings.register_profile("short", max_examples=50, stateful_step_count=30, deadline=None)
settings.register_profile("long", max_examples=5000, stateful_step_count=30, deadline=None)

# The same algorithm in a thousandth of the time: what it costs to guess a token is not the question here.
CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class LifeOfAKey(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.undo_everything = transaction.atomic()
        self.undo_everything.__enter__()
        self.account = Account.objects.create(slug="acme", name="acme", in_beta=True)
        self.key, first = APIKey.generate(self.account, "ERP sync", by=BY)
        # The model.
        self.valid = [first]
        self.ended = []
        self.active = self.alive = self.in_beta = True
        self.events = ["generated"]

    def teardown(self):
        transaction.set_rollback(True)
        self.undo_everything.__exit__(None, None, None)

    @rule()
    def renew(self):
        refusal = (
            (not self.alive and KeyGone)
            or (not self.in_beta and RenewalUnavailable)
            or (len(self.valid) == 2 and RenewalPending)
        )
        with self.expecting("renewed", refusal):
            self.valid.append(self.key.renew(by=BY).plaintext)

    @rule()
    def complete_later(self):
        with self.expecting("completed", self.not_pending()):
            self.key.keep_old_token(by=BY)

    @rule()
    def delete_old_token(self):
        with self.expecting("old_token_deleted", self.not_pending()):
            self.key.delete_old_token(by=BY)
            self.ended.append(self.valid.pop(0))

    @rule()
    def undo_renewal(self):
        with self.expecting("renewal_undone", self.not_pending()):
            self.key.undo_renewal(by=BY)
            self.ended.append(self.valid.pop(1))

    @rule()
    def deactivate(self):
        with self.expecting("deactivated", (not self.alive and KeyGone) or (not self.active and ChangedMeanwhile)):
            self.key.deactivate(by=BY)
            self.active = False

    @rule()
    def activate(self):
        with self.expecting("activated", (not self.alive and KeyGone) or (self.active and ChangedMeanwhile)):
            self.key.activate(by=BY)
            self.active = True

    @rule()
    def delete_key(self):
        with self.expecting("deleted", not self.alive and KeyGone):
            self.key.delete(by=BY)
            self.ended += self.valid
            self.valid, self.alive = [], False

    @rule()
    def switch_the_beta(self):
        self.in_beta = not self.in_beta
        Account.objects.update(in_beta=self.in_beta)

    def not_pending(self):
        return (not self.alive and KeyGone) or (len(self.valid) < 2 and NoRenewalPending)

    @contextmanager
    def expecting(self, action, refusal):
        """Expect the verb to be refused like this, or to go through and be recorded."""
        try:
            yield
            answer = False
            self.events.append(action)
        except (KeyGone, RenewalUnavailable, RenewalPending, NoRenewalPending, ChangedMeanwhile) as error:
            answer = type(error)
        assert answer == refusal

    @invariant()
    def a_live_key_has_one_token_or_an_old_and_a_new_one(self):
        tokens = list(Token.objects.values_list("is_old", flat=True))
        assert tokens == {0: [], 1: [False], 2: [False, True]}[len(self.valid)]
        assert bool(tokens) is self.alive

    @invariant()
    def exactly_the_valid_tokens_are_accepted_and_only_the_old_one_of_a_renewal_is_deprecated(self):
        outcome = Outcome.ACCEPTED if self.active else Outcome.INACTIVE
        verdicts = [decide(self.key.key, plaintext) for plaintext in self.valid]
        assert [verdict.outcome for verdict in verdicts] == [outcome] * len(self.valid)
        assert [verdict.deprecated_at is not None for verdict in verdicts] == [[], [False], [True, False]][
            len(verdicts)
        ]

    @invariant()
    def an_ended_token_stays_ended(self):
        assert {decide(self.key.key, plaintext).outcome for plaintext in self.ended} <= {Outcome.WRONG}

    @invariant()
    def each_transition_is_one_event(self):
        assert list(Event.objects.order_by("id").values_list("action", flat=True)) == self.events


class TestLifeOfAKey(TestCase, LifeOfAKey.TestCase):
    settings = settings.get_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))

    def setUp(self):
        super().setUp()
        self.enterContext(mock.patch.object(hashing, "_argon2id", CHEAP))
