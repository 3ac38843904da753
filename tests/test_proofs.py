"""What is remembered of a check: in the process, and where there is Redis, for all of them."""

import socket
import time

import pytest
import redis
from django.conf import settings

from apikeys import proofs
from apikeys.lookup import Row
from apikeys.models import Plaintext
from apikeys.proofs import Memory, Shared
from apikeys.verification import Outcome, decide
from tests.conftest import BY
from tests.test_verification import guess

ADDRESS = settings.CACHES["default"]["LOCATION"]
needs_redis = pytest.mark.skipif(proofs.shared is None, reason="only where the cache is Redis")
PLAINTEXT = Plaintext.random()


def row(token_id: int = 1, hash: str = "hash") -> Row:
    return Row(None, None, None, [], token_id, hash, 1, "ERP sync", True, "acme", 90, False, None)


@pytest.fixture
def shared(monkeypatch):
    """The proofs in Redis, of which there are none yet."""
    redis.Redis.from_url(ADDRESS).flushdb()
    monkeypatch.setattr(proofs, "shared", Shared(ADDRESS))
    return proofs.shared


@pytest.fixture
def restart():
    """Begin again, as a worker does: what it knew itself is gone."""

    def restart() -> None:
        proofs.memory = Memory()
        proofs.shared = Shared(ADDRESS)

    return restart


def test_the_proofs_are_bounded_and_the_latest_used_stay():
    memory = Memory(most=2)
    memory.remember(row(1), PLAINTEXT)
    memory.remember(row(2), PLAINTEXT)
    assert memory.knows(row(1), PLAINTEXT)

    memory.remember(row(3), PLAINTEXT)

    assert [memory.knows(row(number), PLAINTEXT) for number in (1, 2, 3)] == [True, False, True]


@pytest.mark.parametrize(
    ("other", "plaintext"), [(row(2), PLAINTEXT), (row(hash="Hash"), PLAINTEXT), (row(), guess(PLAINTEXT))]
)
def test_a_proof_is_of_one_row_one_hash_and_one_plaintext(other, plaintext):
    memory = Memory()
    memory.remember(row(), PLAINTEXT)

    assert memory.knows(row(), PLAINTEXT)
    assert not memory.knows(other, plaintext)


def test_a_proof_of_one_process_means_nothing_to_another():
    one, other = Memory(), Memory()
    one.remember(row(), PLAINTEXT)

    other._known = one._known

    assert not other.knows(row(), PLAINTEXT)


def test_the_proofs_hold_no_plaintext():
    memory = Memory()
    memory.remember(row(), PLAINTEXT)

    assert not any(PLAINTEXT[at : at + 12] in str(vars(memory)) for at in range(128 - 12))


@needs_redis
def test_after_a_restart_proofs_come_from_redis_instead_of_argon2(shared, erp, argon2_runs, restart):
    decide(erp.key, erp.plaintext)
    restart()

    assert decide(erp.key, erp.plaintext).outcome is Outcome.ACCEPTED
    assert len(argon2_runs) == 1


@needs_redis
def test_redis_holds_no_plaintext_no_hash_and_no_selector(shared, erp):
    decide(erp.key, erp.plaintext)

    client = redis.Redis.from_url(ADDRESS)
    stored = b"".join(name + client.get(name) for name in client.scan_iter())
    assert b"apikeys:proof:" in stored
    assert not any(erp.plaintext[at : at + 12].encode() in stored for at in range(128 - 12))
    assert erp.token.hash.encode() not in stored


@needs_redis
def test_an_old_dump_of_redis_brings_nothing_back(shared, shop, erp, restart):
    for key, plaintext in [(shop, shop.old), (shop, shop.new), (erp, erp.plaintext)]:
        decide(key.key, plaintext)
    shop.delete_old_token(by=BY)
    erp.deactivate(by=BY)
    restart()

    outcomes = [
        decide(*check).outcome for check in [(shop.key, shop.old), (shop.key, shop.new), (erp.key, erp.plaintext)]
    ]

    assert outcomes == [Outcome.WRONG, Outcome.ACCEPTED, Outcome.INACTIVE]


@needs_redis
def test_what_somebody_else_writes_into_redis_proves_nothing(shared, erp, restart, settings):
    settings.SECRET_KEY = "of-another-installation-0123456789-0123456789-0123456789"
    wrong = guess(erp.plaintext)
    Shared(ADDRESS).remember(row(erp.token.pk, erp.token.hash), wrong)

    assert decide(erp.key, wrong).outcome is Outcome.WRONG


@pytest.fixture(params=["gone", "silent"])
def away(request):
    """A Redis that is not there, or takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = 1 if request.param == "gone" else listener.getsockname()[1]
        yield Shared(f"redis://127.0.0.1:{port}/0")


def test_without_redis_a_check_goes_on_and_waits_for_it_at_most_50_ms(erp, monkeypatch, away):
    monkeypatch.setattr(proofs, "shared", away)
    begun = time.perf_counter()
    assert not away.knows(row(), PLAINTEXT)
    away.remember(row(), PLAINTEXT)

    assert time.perf_counter() - begun < 0.05
    assert decide(erp.key, erp.plaintext).outcome is Outcome.ACCEPTED
