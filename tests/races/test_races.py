"""Verbs at the same moment, from processes of their own, on the engine under test."""

import multiprocessing
from collections import Counter

import pytest
from django.db import connection

from apikeys import hashing
from apikeys.models import APIKey, Event, Token
from apikeys.verification import Outcome, decide
from tests.conftest import BY
from tests.races import worker

PROCESSES = 8

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(scope="module")
def pipes(django_db_setup):
    """A pipe to each of the processes, which wait for orders."""
    spawn = multiprocessing.get_context("spawn")
    start, database = spawn.Barrier(PROCESSES), {"NAME": connection.settings_dict["NAME"]}
    ends = [spawn.Pipe() for _ in range(PROCESSES)]
    processes = [spawn.Process(target=worker.work, args=(theirs, start, database)) for _ours, theirs in ends]
    for process, (_ours, theirs) in zip(processes, ends, strict=True):
        process.start()
        theirs.close()
    pipes = [ours for ours, _theirs in ends]
    assert [pipe.recv() for pipe in pipes] == ["ready"] * PROCESSES
    yield pipes
    for pipe in pipes:
        pipe.close()
    for process in processes:
        process.join()


@pytest.fixture
def race(pipes, monkeypatch):
    """Give the processes an order each, in turn from those listed; return their outcomes."""

    def together(*orders):
        for number, pipe in enumerate(pipes):
            pipe.send(orders[number % len(orders)])
        return [pipe.recv() for pipe in pipes]

    monkeypatch.setattr(hashing, "_argon2id", worker.CHEAP)
    return together


@pytest.fixture
def settled(acme, race):
    """Make so many keys of one token; each has its plaintext."""

    def make(count):
        keys = []
        for number in range(count):
            key, key.first = APIKey.generate(acme, f"Key {number}", by=BY)
            keys.append(key)
        return keys

    return make


@pytest.fixture
def renewing(settled):
    """Make so many keys of two tokens; each has both plaintexts."""

    def make(count):
        keys = settled(count)
        for key in keys:
            key.second = key.renew(by=BY).plaintext
        return keys

    return make


def accepts(key, plaintext):
    return decide(key.key, plaintext).outcome is Outcome.ACCEPTED


def events(key, *actions):
    return Event.objects.filter(api_key_id=key.pk, action__in=actions).count()


def test_of_renewals_at_the_same_moment_one_succeeds(settled, race):
    keys = settled(20)

    outcomes = {key: race((worker.call, key.pk, "renew")) for key in keys}

    refused = Counter(outcome for answers in outcomes.values() for outcome in answers if len(outcome) != 128)
    assert refused == {"RenewalPending": 140}
    for key, answers in outcomes.items():
        (plaintext,) = [outcome for outcome in answers if outcome != "RenewalPending"]
        assert accepts(key, plaintext)
        assert accepts(key, key.first)
        assert (key.tokens.count(), events(key, "renewed")) == (2, 1)


@pytest.mark.parametrize(
    "verbs",
    [["delete_old_token", "undo_renewal"], ["delete_old_token"], ["undo_renewal"]],
    ids=["deleting the old token against undo", "deleting the old token", "undo"],
)
def test_of_completions_at_the_same_moment_one_wins_and_its_token_remains(renewing, race, verbs):
    for key in renewing(12):
        outcomes = race(*[(worker.call, key.pk, verb) for verb in verbs])

        assert Counter(outcomes) == {"done": 1, "NoRenewalPending": 7}
        won = verbs[outcomes.index("done") % len(verbs)]
        assert (accepts(key, key.first), accepts(key, key.second)) == (won == "undo_renewal", won == "delete_old_token")
        assert (key.tokens.count(), events(key, "old_token_deleted", "renewal_undone")) == (1, 1)


def test_a_key_that_is_renewed_and_deleted_at_the_same_moment_leaves_no_token(settled, race):
    for key in settled(20):
        outcomes = race((worker.call, key.pk, "renew"), (worker.call, key.pk, "delete"))

        renewals, deletions = Counter(outcomes[::2]), Counter(outcomes[1::2])
        renewed = [outcome for outcome in renewals if len(outcome) == 128]
        assert deletions == {"done": 1, "KeyGone": 3}
        assert set(renewals) - set(renewed) <= {"KeyGone", "RenewalPending"}
        assert (len(renewed), events(key, "deleted")) == (events(key, "renewed"), 1)
        assert not Token.objects.filter(api_key_id=key.pk).exists()
        assert not any(accepts(key, plaintext) for plaintext in [key.first, *renewed])


def test_of_deactivations_at_the_same_moment_one_succeeds(settled, race):
    for key in settled(10):
        outcomes = race((worker.call, key.pk, "deactivate"))

        assert Counter(outcomes) == {"done": 1, "ChangedMeanwhile": 7}
        assert events(key, "deactivated") == 1


def test_keys_generated_at_the_same_moment_under_one_name_are_different_keys(acme, race):
    keys = [key for _ in range(5) for key in race((worker.generate, acme.pk, "ERP sync"))]

    assert sorted(keys) == sorted(APIKey.objects.values_list("key", flat=True))
    assert len(set(keys)) == Event.objects.count() == 40


@pytest.mark.parametrize(
    ("verb", "first", "second"),
    [
        ("delete_old_token", "wrong", "accepted"),
        ("undo_renewal", "accepted", "wrong"),
        ("deactivate", "inactive", "inactive"),
        ("delete", "wrong", "wrong"),
    ],
)
def test_what_one_process_ended_is_refused_by_all_others_at_once(renewing, race, verb, first, second):
    for key in renewing(5):
        proven = race((worker.check, key.key, key.first), (worker.check, key.key, key.second))
        assert proven == [{"accepted"}] * PROCESSES

        getattr(APIKey(pk=key.pk), verb)(by=BY)

        outcomes = race((worker.check, key.key, key.first), (worker.check, key.key, key.second))
        assert outcomes == [{first}, {second}] * (PROCESSES // 2)


def test_a_new_token_is_accepted_by_all_processes_at_once(settled, race):
    for key in settled(10):
        plaintext = key.renew(by=BY).plaintext

        assert race((worker.check, key.key, plaintext)) == [{"accepted"}] * PROCESSES


def test_the_old_token_never_fails_while_renewals_come_and_go(settled, race):
    (key,) = settled(1)
    checks = [(worker.check, key.key, key.first, 200)] * (PROCESSES - 1)

    outcomes = race((worker.renew_and_undo, key.pk, 25), *checks)

    assert outcomes == ["done", *[{"accepted"}] * (PROCESSES - 1)]
    assert events(key, "renewed") == events(key, "renewal_undone") == 25
