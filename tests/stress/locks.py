"""F. Faults: a lock that somebody else holds, a reader that does not end."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from apikeys.models import APIKey

from .bench import Bench
from .report import Figure, at_most, exactly, none, skipped


async def locked_by_somebody_else(bench: Bench) -> list[Figure]:
    """F13. Somebody holds the lock for 10 s: a renewal is 503 with Retry-After within 5.5 s; checks do not wait."""
    held, noted, fresh = bench.keys(3)
    await bench.check.everywhere(noted, noted.first)
    await bench.check.everywhere(held, held.first)
    with lock(held):
        renewal = asyncio.create_task(bench.person.renew(held))
        times, statuses = {}, Counter()
        for key in (noted, held, fresh):
            for _ in range(20):
                begun = time.perf_counter()
                statuses[await bench.check(key, key.first)] += 1
                times[key] = max(times.get(key, 0), time.perf_counter() - begun)
        answer = await renewal
    return [
        exactly(
            "the renewal", "503, Retry-After: 1", f"{answer.status}, Retry-After: {answer.headers.get('Retry-After')}"
        ),
        at_most("answered after", 5.5, answer.took, " s"),
        none("checks that failed", statuses.total() - statuses[204], statuses.total()),
        at_most("longest check of a token in use", 500, max(times[noted], times[held]) * 1000, " ms"),
        at_most("longest check of a token whose last use is to be noted", 500, times[fresh] * 1000, " ms"),
        exactly("the renewal afterwards", 200, (await bench.person.renew(held)).status),
    ]


@contextmanager
def lock(key: APIKey) -> Iterator[None]:
    """Hold the key's row, or on SQLite the whole database, as another process would."""
    with transaction.atomic():
        APIKey.objects.select_for_update().get(pk=key.pk)
        yield


async def long_reader(bench: Bench) -> list[Figure]:
    """F14. SQLite: a reader's transaction stays open for 60 s under writes: they go on, and the WAL stays small."""
    if not bench.is_sqlite:
        return [skipped("a long reader", "PostgreSQL has no WAL that waits for readers")]
    path, (key,), answers = connection.settings_dict["NAME"], bench.keys(1), []
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM apikeys_event").fetchone()
    end = time.monotonic() + bench.seconds(60)
    while time.monotonic() < end:
        answers += [renewed := await bench.person.renew(key), await bench.person.undo(key, renewed.seen)]
    reader.close()
    await bench.person.renew(key)
    return [
        none("writes that failed", sum(not answer.done for answer in answers), len(answers)),
        at_most("WAL afterwards", 64, os.path.getsize(f"{path}-wal") / 2**20, " MiB"),
    ]


SCENARIOS = [locked_by_somebody_else, long_reader]
