"""Continuity: what the old token opens stays open, whatever happens to the key and to the servers."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from apikeys.models import APIKey, Event

from .bench import Bench
from .report import Figure, none


async def rolling_restart(bench: Bench, rounds: int = 5) -> list[Figure]:
    """F10. Each server in turn is asked to end and started again, under checks and renewals: no answer is lost."""
    keys, accepted, refused = bench.keys(4), [], []
    (ended,) = bench.renewing(1)
    await bench.person.undo(ended, ended.seen)
    before = Event.objects.filter(action="renewed").count(), sum(person.done["renewed"] for person in bench.people)
    tokens = [(key, key.first) for key in keys]
    async with bench.checking(tokens, clients=2, pause=0.02) as checks, renewing(bench, keys, accepted):
        for port in bench.ports * bench.count(rounds):
            await bench.restart(port)
            refused.append(await bench.check(ended, ended.second))
    events = Event.objects.filter(action="renewed").count() - before[0]
    answers = sum(person.done["renewed"] for person in bench.people) - before[1]
    return [
        none("checks of valid tokens that failed", checks.failed, checks.number),
        none("checks of a deleted token that were not 401", len(refused) - refused.count(401), len(refused)),
        none("renewals whose answer was lost", events - answers, events),
        none("new tokens that were not accepted", len(accepted) - accepted.count(204), len(accepted)),
    ]


async def continuity(bench: Bench) -> list[Figure]:
    """Continuity. 1,000,000 checks of old tokens across Renew Token, Undo Renewal and rolling restarts; 25 minutes."""
    keys, accepted = bench.keys(8), []
    goal, end = bench.count(1_000_000), time.monotonic() + bench.seconds(25 * 60)
    async with (
        bench.checking([(key, key.first) for key in keys], clients=8) as checks,
        renewing(bench, keys[:2], accepted),
    ):
        for port in itertools.cycle(bench.ports):
            if checks.number >= goal or time.monotonic() > end:
                break
            await asyncio.sleep(bench.seconds(10))
            await bench.restart(port)
    return [
        none("checks of old tokens that failed", checks.failed, checks.number),
        Figure(
            "checks in the time given", f"{goal:,}", f"{checks.number:,}", "ok" if checks.number >= goal else "short"
        ),
        none("new tokens that were not accepted", len(accepted) - accepted.count(204), len(accepted)),
        none("keys with no token or more than two", strays(keys), len(keys)),
    ]


@asynccontextmanager
async def renewing(bench: Bench, keys: list[APIKey], accepted: list[int]) -> AsyncIterator[None]:
    """Renew and undo these keys all the time, and check each new token once."""
    over = asyncio.Event()

    async def renew(key: APIKey) -> None:
        while not over.is_set():
            renewed = await bench.person.renew(key)
            if renewed.status == 200:
                accepted.append(await bench.check(key, renewed.plaintext))
            # Where the answer was lost, the person looks at the page.
            await bench.person.undo(key, renewed.seen)

    tasks = [asyncio.create_task(renew(key)) for key in keys]
    try:
        yield
    finally:
        over.set()
        await asyncio.gather(*tasks)


def strays(keys: list[APIKey]) -> int:
    return sum(key.tokens.count() not in (1, 2) for key in keys)


SCENARIOS = [rolling_restart, continuity]
