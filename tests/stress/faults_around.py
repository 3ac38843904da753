"""F. Faults of what is around the servers: cache, clock, mail, memory."""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from apikeys.models import APIKey
from apikeys.models.tokens import CHECKSUM, checksum

from .bench import Bench, each
from .clients import Answer, Person
from .report import Figure, at_most, exactly, none, skipped
from .servers import MAIL


async def redis_away(bench: Bench) -> list[Figure]:
    """F6. Redis is stopped, then 5 s slow, then emptied: checks are as fast, pages work, passwords are limited."""
    if not (bench.redis.url and not bench.is_sqlite):
        return [skipped("Redis", "the cache is the database here")]
    (key,), way = bench.keys(1), bench.redis.way
    usual, _ = await checks_and_page(bench, key)
    way.cut()
    cut, pages = await checks_and_page(bench, key)
    limited = await tries_until_limited(bench, "person1@acme.example", "127.0.0.21")
    way.mend()
    way.delay = 5.0
    slow, more = await checks_and_page(bench, key)
    way.delay = 0.0
    bench.redis.ask("FLUSHALL")
    emptied, last = await checks_and_page(bench, key)
    pages += more + last
    return [
        none("checks that failed", sum(times.count(float("inf")) for times in (cut, slow, emptied)), 3 * len(usual)),
        at_most(
            "longer check while it is stopped", 50, (statistics.median(cut) - statistics.median(usual)) * 1000, " ms"
        ),
        at_most(
            "longer check while it is slow", 50, (statistics.median(slow) - statistics.median(usual)) * 1000, " ms"
        ),
        none("pages of 500 or above", sum(page.status >= 500 for page in pages), len(pages)),
        at_most("wrong passwords of one e-mail checked while it is stopped", 40, limited),
    ]


async def checks_and_page(bench: Bench, key: APIKey) -> tuple[list[float], list[Answer]]:
    """Return how long 100 checks took (without end where one failed), and a few pages."""
    times = []
    for _ in range(100):
        begun = time.perf_counter()
        accepted = await bench.check(key, key.first) == 204
        times.append(time.perf_counter() - begun if accepted else float("inf"))
    pages = [await bench.person.see(key, "history"), await bench.person.ask("GET", "/auth/login/")]
    return times, pages


async def tries_until_limited(bench: Bench, email: str, address: str, most: int = 50, **headers: str) -> int:
    """Sign in with wrong passwords from this address; return how many were checked before the first that was not."""
    async with Person(email, bench.ports, address) as person:
        for tried in range(most):
            answer = await person.sign_in("not the password", **headers)
            if answer.status != 200 or "Too many attempts" in answer.text:
                return tried if answer.status < 500 else most
    return most


async def redis_of_yesterday(bench: Bench) -> list[Figure]:
    """F7. Redis comes back from a dump taken before deletions: no deleted token and no ended session lives again."""
    if not (bench.redis.url and not bench.is_sqlite):
        return [skipped("Redis restored", "the cache is the database here")]
    keys = bench.renewing(bench.count(50))
    for key in keys:
        await bench.check.everywhere(key, key.second)
    bench.add_person("leaves-early@acme.example")
    leaver = await bench.sign_in("leaves-early@acme.example")
    bench.redis.ask("SAVE")
    for key in keys:
        await bench.person.undo(key, key.seen)
    cookies = dict(leaver.http.cookies)
    await leaver.post("/auth/logout/")
    bench.redis.stop()
    await bench.redis.start()
    leaver.http.cookies.update(cookies)
    checks = [status for key in keys for status in await bench.check.everywhere(key, key.second)]
    return [
        none("deleted tokens accepted", len(checks) - checks.count(401), len(checks)),
        exactly(
            "the ended session is led to the sign-in", 302, (await leaver.ask("GET", "/accounts/acme/api-keys/")).status
        ),
    ]


async def clocks(bench: Bench) -> list[Figure]:
    """F8. One server's clock is a day ahead, another's a day behind: equal verdicts, renewals work, ages make sense."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        return [skipped("clocks", "faketime is not installed")]
    wrong = dict(zip(bench.ports, ["+24h", "-24h"], strict=False))
    for port, offset in wrong.items():
        await bench.restart(port, LD_PRELOAD=str(library), FAKETIME=offset, FAKETIME_DONT_FAKE_MONOTONIC="1")
    outcomes, negative, renewals = [], 0, []
    keys = bench.renewing(bench.count(20))
    for key in keys:
        await bench.people[0].undo(key, key.seen, bench.ports[2])
        outcomes.append((await bench.check.everywhere(key, key.first), await bench.check.everywhere(key, key.second)))
    stale = [(await bench.people[0].see(keys[0], "history", port)).status for port in bench.ports[2:] + bench.ports[:1]]
    for port in wrong:
        person = await bench.sign_in("person3@acme.example", port)
        for key in keys[: bench.count(10)]:
            renewals.append(renewed := await person.renew(key, port))
            outcomes.append((await bench.check.everywhere(key, renewed.plaintext), [401] * 4))
            table = await person.ask("GET", "/accounts/acme/api-keys/", port)
            negative += table.status != 200 or bool(re.search(r"-\d+ (second|minute|hour|day|month)", table.text))
            await person.undo(key, renewed.seen, port)
    for port in wrong:
        await bench.restart(port)
    bench.people = [await bench.sign_in(person.email) for person in bench.people]
    return [
        exactly("verdicts equal on all servers, and right", len(outcomes), outcomes.count(([204] * 4, [401] * 4))),
        none("renewals that failed on the wrong clocks", sum(not answer.done for answer in renewals), len(renewals)),
        none("tables with a negative duration", negative, len(renewals)),
        exactly("a session of 12 hours: here twice, and a day later", [200, 200, 302], stale),
    ]


async def mail_hangs(bench: Bench) -> list[Figure]:
    """F15. The mail server hangs: renewals take no longer, and a forgotten password is answered."""
    (key,), port = bench.keys(1), bench.ports[0]
    usual = await renewal_times(bench, key, port)
    async with silence():
        await bench.restart(port, EMAIL_URL=f"smtp://127.0.0.1:{MAIL}")
        async with asyncio.TaskGroup() as group:
            resets = [group.create_task(forgotten(bench, port)) for _ in range(4)]
            await asyncio.sleep(0.5)
            beside = await renewal_times(bench, key, port)
    await bench.restart(port)
    statuses = [task.result() for task in resets]
    return [
        at_most("longer renewal", 100, (statistics.median(beside) - statistics.median(usual)) * 1000, " ms"),
        none("answers of 500 to a forgotten password", statuses.count(500), len(statuses)),
    ]


@asynccontextmanager
async def silence() -> AsyncIterator[None]:
    """Accept connections, and never say a word."""

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(hang, "127.0.0.1", MAIL):
        yield


async def renewal_times(bench: Bench, key: APIKey, port: int) -> list[float]:
    times = []
    for _ in range(10):
        renewed = await bench.person.renew(key, port)
        times.append(renewed.took)
        await bench.person.undo(key, renewed.seen, port)
    return times


async def forgotten(bench: Bench, port: int) -> int:
    return (await bench.people[3].post("/auth/password/reset/", port, email="person0@acme.example")).status


async def little_memory(bench: Bench) -> list[Figure]:
    """F16. Wrong tokens that cost an Argon2 each, 64 at a time: a server stays within 512 MiB, accepts valid ones."""
    (key,), port = bench.keys(1), bench.ports[0]
    assert await bench.check.once(port, key, key.first) == 204
    statuses = Counter(
        await each(range(bench.count(4000)), lambda _: bench.check.once(port, key, almost(key.first)), 64)
    )
    honest = [await bench.check.once(port, key, key.first) for _ in range(20)]
    memory = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{bench.processes[port].pid}/status").read_text())
    return [
        at_most("most memory", 512, int(memory[1]) / 1024, " MiB"),
        none(
            "wrong tokens that were not 401 or 503", statuses.total() - statuses[401] - statuses[503], statuses.total()
        ),
        none("valid tokens refused afterwards", len(honest) - honest.count(204), len(honest)),
    ]


def almost(plaintext: str) -> str:
    """Return a wrong token that finds the row of the right one: only Argon2 can tell."""
    letters = plaintext[: -CHECKSUM - 1] + ("B" if plaintext[-CHECKSUM - 1] == "A" else "A")
    return letters + checksum(letters)


SCENARIOS = [redis_away, redis_of_yesterday, clocks, mail_hangs, little_memory]
