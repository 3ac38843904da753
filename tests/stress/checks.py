"""R. Races: checks on every server, beside and right after what begins or ends a token."""

from __future__ import annotations

import asyncio
import itertools
import time

from apikeys.models import APIKey

from .bench import Bench
from .clients import Answer
from .report import Figure, at_most, none, percentile, skipped


async def accepted_after_the_end(bench: Bench) -> list[Figure]:
    """R6. 25 checks on each of 4 servers, begun once the answer was read, of what it ended; 200 rounds of 4 ways."""
    rounds, figures = bench.count(200), []
    for verb, ended in {"delete_old": [0], "undo": [1], "deactivate": [0, 1], "delete": [0, 1]}.items():
        statuses: list[int] = []
        for key in bench.renewing(rounds):
            plaintexts = [key.first, key.second]
            for plaintext in plaintexts:
                assert await bench.check.everywhere(key, plaintext) == [204] * 4
            answer = await getattr(bench.person, verb)(key, key.seen)
            assert answer.done, answer.status
            times = -(-25 // len(ended))
            checks = (bench.check.everywhere(key, plaintexts[number], times) for number in ended)
            statuses += itertools.chain(*await asyncio.gather(*checks))
        refused = statuses.count(403 if verb == "deactivate" else 401)
        figures.append(none(f"accepted after {verb.replace('_', ' ')}", len(statuses) - refused, len(statuses)))
    return figures


async def accepted_everywhere_at_once(bench: Bench) -> list[Figure]:
    """R10. Renew at one server, check the new token at the others the moment its answer was read; 1,000 times."""
    keys, failed = bench.keys(5), 0
    for number in range(rounds := bench.count(1000)):
        key = keys[number % len(keys)]
        renewed = await bench.person.renew(key, bench.chance.choice(bench.ports))
        failed += await bench.check.everywhere(key, renewed.plaintext) != [204] * 4
        await bench.person.undo(key, renewed.seen)
    return [none("new tokens not accepted by every server at once", failed, rounds)]


async def the_old_token_all_the_time(bench: Bench) -> list[Figure]:
    """R11. 4 clients check the old token without pause during 500 rounds of Renew Token and Undo Renewal."""
    (key,) = bench.keys(1)
    async with bench.checking([(key, key.first)], clients=4) as checks:
        for _ in range(bench.count(500)):
            renewed = await bench.caller.renew(key)
            await bench.caller.undo(key, renewed.seen)
    return [none("checks of the old token that failed", checks.failed, checks.number)]


async def writers_and_checks(bench: Bench) -> list[Figure]:
    """R14. SQLite: 8 writers for 60 s beside 200 checks a second: nobody is turned away, p99 of a write within 1 s."""
    if not bench.is_sqlite:
        return [skipped("writers on SQLite", "PostgreSQL has no single writer")]
    keys, times = bench.keys(8), []
    locked = bench.logged("database is locked")
    end = time.monotonic() + bench.seconds(60)

    async def write(key: APIKey) -> list[Answer]:
        answers = []
        while time.monotonic() < end:
            answers += [renewed := await bench.person.renew(key), await bench.person.undo(key, renewed.seen)]
        times.extend(answer.took for answer in answers)
        return answers

    async with bench.checking([(keys[0], keys[0].first)], clients=1, pause=1 / 200) as checks:
        answers = list(itertools.chain(*await asyncio.gather(*map(write, keys))))
    return [
        none("'database is locked' in the logs", bench.logged("database is locked") - locked, len(answers)),
        none("writes that failed", sum(not answer.done for answer in answers), len(answers)),
        none("checks that failed", checks.failed, checks.number),
        at_most("p99 of a write", 1.0, percentile(times, 0.99), " s"),
    ]


async def a_hot_token(bench: Bench) -> list[Figure]:
    """R17. One token checked as fast as 8 clients can while its key is renewed and undone: nothing fails or waits."""
    (key,), times = bench.keys(1), []
    async with bench.checking([(key, key.first)], clients=8) as checks:
        for _ in range(bench.count(200)):
            renewed = await bench.person.renew(key)
            times.append(renewed.took)
            await bench.person.undo(key, renewed.seen)
    return [
        none("checks that failed", checks.failed, checks.number),
        at_most("p99 of a renewal", 1.0, percentile(times, 0.99), " s"),
    ]


SCENARIOS = [
    accepted_after_the_end,
    accepted_everywhere_at_once,
    the_old_token_all_the_time,
    writers_and_checks,
    a_hot_token,
]
