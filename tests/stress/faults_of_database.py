"""F. Faults of the database: away, full, restarted. And how durable it is."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from apikeys.models import APIKey

from .bench import Bench, each
from .report import Figure, at_most, exactly, none, skipped
from .servers import BASE, SPARE


async def database_away(bench: Bench) -> list[Figure]:
    """F4. The database is away for 20 s: checks are 503 within 2 s, so are pages; all is well 5 s after it is back."""
    (key,), statuses, times, pages = bench.keys(1), Counter(), [], []
    # A server that holds SQLite's file open goes on in it, and is right: it is the same file when it is back.
    right = {503, 204} if bench.is_sqlite else {503}
    assert await bench.check.everywhere(key, key.first) == [204] * 4
    with away(bench):
        end = time.monotonic() + bench.seconds(20)
        while time.monotonic() < end:
            begun = time.perf_counter()
            statuses.update(await bench.check.everywhere(key, key.first))
            times.append(time.perf_counter() - begun)
            pages.append(await bench.person.see(key, "history"))
            await asyncio.sleep(0.1)
    recovered = await seconds_until_well(bench, key)
    later = [await bench.check(key, key.first) for _ in range(100)]
    pages_later = await each(range(100), lambda _: bench.person.see(key, "history"), at_once=32)
    return [
        none("checks that were wrong", sum(statuses[status] for status in set(statuses) - right), statuses.total()),
        at_most("longest check", 2.0, max(times), " s"),
        none("pages of 500", sum(page.status not in (200, 503) for page in pages), len(pages)),
        none(
            "pages that show the inside",
            sum("Traceback" in page.text or "sqlite" in page.text for page in pages),
            len(pages),
        ),
        at_most("until all servers accept again", 5.0, recovered, " s"),
        none("checks that fail later", len(later) - later.count(204), len(later)),
        none("pages that fail later", sum(not page.done for page in pages_later), len(pages_later)),
    ]


async def seconds_until_well(bench: Bench, key: APIKey) -> float:
    """Wait until all servers accept the token and show the page, for 10 s at most."""
    begun = time.perf_counter()
    while time.perf_counter() - begun < 10:
        pages = [(await bench.person.see(key, "history", port)).status for port in bench.ports]
        if (await bench.check.everywhere(key, key.first), pages) == ([204] * 4, [200] * 4):
            break
        await asyncio.sleep(0.05)
    return time.perf_counter() - begun


@contextmanager
def away(bench: Bench) -> Iterator[None]:
    """Cut the way to PostgreSQL, or move the files of SQLite out of the way."""
    if bench.database:
        bench.database.cut()
        yield
        bench.database.mend()
        return
    there = Path(connection.settings_dict["NAME"])
    elsewhere = there.parent / "away"
    elsewhere.mkdir()
    files = list(there.parent.glob(there.name + "*"))
    for path in files:
        path.rename(elsewhere / path.name)
    yield
    for path in files:
        (elsewhere / path.name).replace(path)
    elsewhere.rmdir()


async def full_disk(bench: Bench) -> list[Figure]:
    """F5. The disk is full: a renewal is 503 and shows no token, checks go on; with room again so do renewals."""
    if not bench.is_sqlite:
        return [skipped("full disk", "PostgreSQL's disk is not this bench's to fill")]
    with small_disk() as disk:
        if disk is None:
            return [skipped("full disk", "mounting is refused here")]
        (key,) = bench.keys(1)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(disk / "db.sqlite3")])
        bench.start(SPARE, DATABASE_URL=f"sqlite:///{disk / 'db.sqlite3'}", DATA_DIR=str(disk))
        await bench.ready(SPARE)
        assert await bench.check.once(SPARE, key, key.first) == 204
        try:
            fill(disk)
            answers = [await bench.person.renew(key, SPARE) for _ in range(5)]
            checks = [await bench.check.once(SPARE, key, key.first) for _ in range(50)]
            (disk / "filler").unlink()
            await bench.person.undo(key, port=SPARE)
            again = await bench.person.renew(key, SPARE)
        finally:
            bench.kill(SPARE)
    return [
        exactly("renewals answered 503", len(answers), sum(answer.status == 503 for answer in answers)),
        none("answers with a token", sum(bool(answer.plaintext) for answer in answers), len(answers)),
        none("checks that failed", len(checks) - checks.count(204), len(checks)),
        exactly("renewal with room again", 200, again.status),
    ]


@contextmanager
def small_disk() -> Iterator[Path | None]:
    folder = Path(tempfile.mkdtemp(prefix="apikeys-disk-"))
    mounted = (
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], capture_output=True).returncode == 0
    )
    try:
        yield folder if mounted else None
    finally:
        subprocess.run(["umount", "--lazy", folder], check=False) if mounted else None
        folder.rmdir()


def fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as filler:
        try:
            while filler.write(b"0" * 4096):
                pass
        except OSError:
            return


SHOWN = {
    "sqlite": (
        ["PRAGMA journal_mode", "PRAGMA synchronous", "PRAGMA foreign_keys", "PRAGMA busy_timeout"],
        "wal 2 1 5000",
    ),
    "postgresql": (["SHOW fsync", "SHOW synchronous_commit"], "on on"),
}


async def durable(bench: Bench) -> list[Figure]:
    """F11. What the servers' own settings make of the database: what is committed is on the disk."""
    queries, expected = SHOWN[connection.vendor]
    code = (
        "from django.db import connection\n"
        f"print(*[connection.cursor().execute(query).fetchone()[0] for query in {queries}])"
    )
    command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", code]
    asked = subprocess.Popen(command, cwd=BASE, env=bench.environment, stdout=subprocess.PIPE, text=True)
    shown, _ = await asyncio.to_thread(asked.communicate)
    return [exactly(", ".join(query.split()[1] for query in queries), expected, shown.strip())]


async def connections_ended(bench: Bench) -> list[Figure]:
    """F12. PostgreSQL ends all connections: at most one 503 a server, then it is as before."""
    if bench.is_sqlite:
        return [skipped("connections ended", "SQLite has none")]
    (key,), most, wrong, number = bench.keys(1), 0, 0, 0
    for _ in range(bench.count(50)):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        for port in bench.ports:
            statuses = [await bench.check.once(port, key, key.first) for _ in range(10)]
            most = max(most, statuses.count(503))
            wrong += len(statuses) - statuses.count(204) - statuses.count(503)
            number += len(statuses)
    return [at_most("answers of 503 from one server", 1, most), none("other answers than 204 and 503", wrong, number)]


SCENARIOS = [database_away, full_disk, durable, connections_ended]
