"""Writers of one process on SQLite, which knows no queue."""

import sqlite3
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import pytest
from django.db import OperationalError, connection

from apikeys.api import limits
from apikeys.models import APIKey, turns
from apikeys.models.refusals import RenewalPending
from tests.conftest import BY

WRITERS = 8

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(autouse=True)
def sqlite():
    if connection.vendor != "sqlite":
        pytest.skip("of SQLite")


@pytest.fixture
def waiting(monkeypatch):
    """Is released once for each writer that begins to wait."""

    class Lock:
        def __init__(self):
            self.lock = threading.Lock()

        def acquire(self, **options):
            if options != {"blocking": False}:
                waiting.release()
            return self.lock.acquire(**options)

        def release(self):
            self.lock.release()

    waiting = threading.Semaphore(0)
    monkeypatch.setattr(turns, "_writing", Lock())
    return waiting


@pytest.fixture
def locked():
    """The database, while somebody else writes."""
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def renew(key):
    try:
        return key.renew(by=BY).plaintext
    except (RenewalPending, OperationalError) as refusal:
        return type(refusal)
    finally:
        connection.close()


def test_of_many_that_renew_a_key_only_one_asks_for_the_lock(erp, locked, waiting, monkeypatch):
    asked, fresh = [], APIKey._fresh
    monkeypatch.setattr(
        APIKey, "_fresh", lambda key, *, locked=False: asked.append(locked) or fresh(key, locked=locked)
    )
    with ThreadPoolExecutor(WRITERS) as threads:
        answers = [threads.submit(renew, erp) for _ in range(WRITERS)]
        for _ in range(WRITERS - 1):
            assert waiting.acquire(timeout=10)
        locked.execute("COMMIT")
        outcomes = [answer.result() for answer in answers]

    assert outcomes.count(RenewalPending) == WRITERS - 1
    assert erp.tokens.count() == 2
    assert asked.count(True) == 1


def test_whoever_waits_for_too_long_is_told_that_the_database_is_busy(erp, locked, waiting, monkeypatch):
    monkeypatch.setattr(turns, "PATIENCE", 0.1)
    with ThreadPoolExecutor(2) as threads:
        answers = [threads.submit(renew, erp), threads.submit(renew, erp)]
        assert waiting.acquire(timeout=10)
        (told,), (other,) = wait(answers, return_when=FIRST_COMPLETED)
        locked.execute("COMMIT")

    assert told.result() is OperationalError
    assert len(other.result()) == 128


def test_the_count_of_a_calling_key_waits_for_its_turn(erp, waiting, monkeypatch, caplog):
    monkeypatch.setattr(turns, "PATIENCE", 0.1)
    with turns._writing.lock:
        limits._count(erp)

    assert waiting.acquire(blocking=False)
    assert f"A request of {erp} could not be counted" in caplog.text
