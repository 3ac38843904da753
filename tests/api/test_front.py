"""The front beside the reference view: whatever is asked, both answer alike. And what the front alone has to stand."""

import asyncio
import os
import sqlite3
import time
from contextlib import closing, contextmanager

import pytest
from django.db import connection
from django.test import RequestFactory
from hypothesis import given, settings
from hypothesis import strategies as st

from apikeys import hashing, last_use
from apikeys.api.verify import verify as view
from apikeys.models import Plaintext
from apikeys.verification import Outcome, Verdict
from tests.api.conftest import COMMITTED, KEY, TOKEN, answered
from tests.conftest import BY
from tests.test_verification import guess

pytestmark = COMMITTED

# What Django's middleware adds to every page, and a machine has no use for.
OF_PAGES = {"Vary", "Content-Language", "X-Frame-Options"}


def whole(response) -> tuple:
    return response.status_code, dict(response.headers), response.content


# The same answers -----------------------------------------------------------------------------------------------------


def test_both_answer_alike_to_the_last_header(front, reference, shop, erp):
    shop.deactivate(by=BY)
    renewing = erp.renew(by=BY)
    sent = [(erp, erp.plaintext), (erp, renewing.plaintext), (shop, shop.new), (shop, erp.plaintext), (erp, "")]

    answers = [(front(key.key, plaintext), reference(key.key, plaintext)) for key, plaintext in sent]

    assert [ours.status_code for ours, _theirs in answers] == [204, 204, 403, 401, 401]
    for ours, theirs in answers:
        for name in [*OF_PAGES, *(["Content-Length"] if theirs.status_code == 204 else [])]:  # the front takes it off
            theirs.headers.pop(name, None)
        assert whole(ours) == whole(theirs)


NAMES = st.sampled_from(
    [KEY, TOKEN, KEY.replace("-", "_"), TOKEN.replace("-", "_"), KEY.upper(), "X-Api-Key", "User-Agent"]
)
ACCOUNTS = st.sampled_from(
    [b"", b"account=acme", b"account=globex", b"account=acme&account=globex", b"account", b"&&=&"]
)


def test_whatever_the_headers_both_answer_alike(in_front, erp, shop):
    values = st.sampled_from(
        [erp.key, shop.key, erp.plaintext, shop.old, shop.new, guess(erp.plaintext), ""]
    ) | st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=140)

    @settings(max_examples=300, deadline=None)
    @given(
        st.lists(st.tuples(NAMES, values), max_size=4),
        ACCOUNTS | st.binary(max_size=20),
        st.sampled_from(["GET", "PUT"]),
    )
    def alike(headers, query, method):
        assert whole(answered(in_front, method, headers, query=query)) == whole(of_the_view(headers, query, method))

    alike()


def of_the_view(headers, query, method):
    """What the view answers behind the rest of the front: equal names are joined, those with an underscore dropped."""
    joined: dict[str, str] = {}
    for name, value in headers:
        if "_" not in name:
            joined[name.lower()] = f"{joined[name.lower()]},{value}" if name.lower() in joined else value
    request = RequestFactory().generic(method, "/api/verify", headers=joined)
    request.META["QUERY_STRING"] = query.decode("latin-1")
    return view(request)


# The database away ----------------------------------------------------------------------------------------------------


def refused_in_time(front, key) -> bool:
    begun = time.perf_counter()
    response = front(key.key, key.plaintext)
    assert (response.status_code, response.json()["code"], response["Retry-After"]) == (503, "unavailable", "1")
    return time.perf_counter() - begun < 2


@pytest.fixture
def sqlite(db):
    if connection.vendor != "sqlite":
        pytest.skip("of SQLite")


@pytest.fixture
def postgresql(db):
    if connection.vendor != "postgresql":
        pytest.skip("of PostgreSQL")


def test_while_the_file_is_moved_away_there_is_no_verdict(sqlite, front, erp):
    path = connection.settings_dict["NAME"]
    assert front(erp.key, erp.plaintext).status_code == 204

    with moved(path):
        assert refused_in_time(front, erp)
        assert not os.path.exists(path)

    assert front(erp.key, erp.plaintext).status_code == 204


def test_a_file_that_takes_the_name_of_the_other_counts_at_once(sqlite, front, erp):
    path = connection.settings_dict["NAME"]
    assert front(erp.key, erp.plaintext).status_code == 204
    connection.close()
    with closing(sqlite3.connect(path)) as before, closing(sqlite3.connect(f"{path}.restored")) as restored:
        before.backup(restored)
        restored.execute("UPDATE apikeys_apikey SET is_active = 0")
        restored.commit()

    with moved(path):
        os.rename(f"{path}.restored", path)
        response = front(erp.key, erp.plaintext)
        connection.close()
        os.remove(path)

    assert response.status_code == 403


@contextmanager
def moved(path):
    files = [name for name in (f"{path}", f"{path}-wal", f"{path}-shm") if os.path.exists(name)]
    for name in files:
        os.rename(name, f"{name}.away")
    try:
        yield
    finally:
        for name in files:
            os.rename(f"{name}.away", name)


def test_a_writer_that_holds_the_lock_delays_no_check(sqlite, front, erp):
    front(erp.key, erp.plaintext)
    writer = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE apikeys_apikey SET name = 'not committed'")
    begun = time.perf_counter()

    response = front(erp.key, erp.plaintext)

    assert (response.status_code, response["X-Api-Key-Name"]) == (204, "ERP sync")
    assert time.perf_counter() - begun < 1
    writer.close()


def test_a_connection_that_was_ended_is_opened_again(postgresql, front, erp):
    assert front(erp.key, erp.plaintext).status_code == 204
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid != pg_backend_pid()"
        )

    assert [front(erp.key, erp.plaintext).status_code for _ in range(3)] == [204] * 3


def test_while_the_database_lets_nobody_in_there_is_no_verdict(postgresql, front, in_front, erp, monkeypatch):
    from config.asgi import check

    front(erp.key, erp.plaintext)
    in_front(check._rows.close())
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    assert refused_in_time(front, erp)

    monkeypatch.undo()

    assert front(erp.key, erp.plaintext).status_code == 204


def test_a_table_that_is_locked_is_not_waited_for_longer_than_its_time(postgresql, front, erp):
    front(erp.key, erp.plaintext)
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE apikeys_token IN ACCESS EXCLUSIVE MODE")
        assert refused_in_time(front, erp)
        cursor.execute("ROLLBACK")

    assert front(erp.key, erp.plaintext).status_code == 204


def test_checks_at_the_same_moment_get_each_their_own_answer(in_front, erp, shop):
    from config.asgi import check

    shop.deactivate(by=BY)
    sent = [
        (erp.key, erp.plaintext),
        (shop.key, shop.old),
        (erp.key, Plaintext.random()),
        (shop.key, erp.plaintext),
    ] * 25

    async def ask_all():
        return await asyncio.gather(*[check._decide(key, Plaintext(plaintext), "") for key, plaintext in sent])

    outcomes = [verdict.outcome.value for verdict in in_front(ask_all())]

    assert outcomes == ["accepted", "inactive", "wrong", "wrong"] * 25


# The gate, and what a check leaves behind -----------------------------------------------------------------------------


def test_a_full_gate_keeps_no_proven_token_waiting(front, erp, shop, full_gate):
    full_gate.release()
    front(erp.key, erp.plaintext)
    full_gate.acquire(blocking=False)

    statuses = [front(*sent).status_code for sent in [(shop.key, shop.old), (erp.key, guess(erp.plaintext))]]

    assert statuses == [503, 503]
    assert front(erp.key, erp.plaintext).status_code == 204


def test_many_who_bring_a_new_token_at_once_cost_one_argon2_each_turn(in_front, erp, argon2_runs):
    from config.asgi import check

    async def ask_all():
        return await asyncio.gather(*[check._decide(erp.key, erp.plaintext, "") for _ in range(hashing.QUEUE)])

    assert {verdict.outcome.value for verdict in in_front(ask_all())} == {"accepted"}
    assert len(argon2_runs) <= hashing.CORES


def test_a_check_waits_for_no_writing_and_writes_nothing_itself(in_front, erp):
    with last_use.notes._writing:
        answered(in_front, "GET", [(KEY, erp.key), (TOKEN, erp.plaintext)])

        assert last_use.notes._uses.keys() == {erp.token.pk}
        assert erp.token.last_used_at is None


def test_what_waits_to_be_written_is_bounded(monkeypatch):
    monkeypatch.setattr(last_use, "MOST_USES", 2)

    for token_id in range(5):
        last_use.notes.note(Verdict(Outcome.ACCEPTED, token_id=token_id), lambda: last_use.Caller(None, ""))

    assert len(last_use.notes._uses) == 2
