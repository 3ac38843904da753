"""D. Loads: an account of many keys, and ten minutes of everything."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from pathlib import Path

from django.contrib.auth.models import Group

from apikeys.models import Account, APIKey, Token, User

from .bench import Bench, each
from .clients import LOST, Answer, Person
from .report import Figure, at_most, none, percentile, skipped


async def soak(bench: Bench) -> list[Figure]:
    """D6. 10 minutes of 80 % checks, 15 % lists, 5 % writes: no error; memory and file handles stay as they are."""
    keys, statuses = bench.keys(8), Counter()
    end, warm = time.monotonic() + bench.seconds(600), None
    begun = time.monotonic()

    async def act(_: int) -> None:
        kind = bench.chance.random()
        if kind < 0.8:
            key = bench.chance.choice(keys)
            statuses[await bench.check(key, key.first)] += 1
        elif kind < 0.95:
            statuses[(await bench.person.ask("GET", "/accounts/acme/api-keys/")).status] += 1
        else:
            key = bench.chance.choice(keys)
            statuses[(await bench.person.renew(key)).status] += 1
            statuses[(await bench.person.undo(key)).status] += 1

    while time.monotonic() < end:
        await each(range(200), act, at_once=8)
        if warm is None and time.monotonic() - begun > (end - begun) / 3:
            warm = memory(bench), handles(bench)
    errors = sum(number for status, number in statuses.items() if status >= 500 or status in (LOST, 401, 403))
    return [
        none("errors", errors, statuses.total()),
        at_most("growth of memory after the first third", 5, (memory(bench) / warm[0] - 1) * 100, " %"),
        at_most("more file handles", 20, handles(bench) - warm[1]),
    ]


def memory(bench: Bench) -> int:
    """Return the resident pages of all servers."""
    return sum(int(Path(f"/proc/{server.pid}/statm").read_text().split()[1]) for server in bench.processes.values())


def handles(bench: Bench) -> int:
    return sum(len(os.listdir(f"/proc/{server.pid}/fd")) for server in bench.processes.values())


async def many_keys(bench: Bench) -> list[Figure]:
    """D7. An account of 10,000 keys: its list, a search, its export."""
    person = await large_account(bench)
    figures = []
    for name, query in {
        "list": "",
        "search": "?q=warehouse",
        "filter": "?renewal=pending",
        "sort": "?sort=-last_used",
    }.items():
        answers = [await person.ask("GET", f"/accounts/large/api-keys/{query}") for _ in range(5)]
        assert all(answer.done for answer in answers), answers[0].status
        figures.append(
            at_most(f"{name}, median", 300, percentile([answer.took for answer in answers], 0.5) * 1000, " ms")
        )
    before = memory(bench)
    export = await person.ask("GET", "/accounts/large/api-keys/export/", bench.ports[0])
    if export.status == 404:
        return [*figures, skipped("export", "there is none")]
    growth = (memory(bench) - before) * os.sysconf("SC_PAGE_SIZE") / 2**20
    return [*figures, at_most("export", 5, export.took, " s"), at_most("memory for it", 100, growth, " MiB")]


async def many_exports(bench: Bench) -> list[Figure]:
    """D8. 20 exports of 10,000 keys at once: checks go on."""
    person, (key,) = await large_account(bench), bench.keys(1)
    if (await person.ask("GET", "/accounts/large/api-keys/export/")).status == 404:
        return [skipped("exports", "there is none")]
    await bench.check.everywhere(key, key.first)
    exports: list[Answer] = []
    async with bench.checking([(key, key.first)], clients=2, pause=0.02) as checks:
        exports += await asyncio.gather(
            *(person.ask("GET", "/accounts/large/api-keys/export/") for _ in range(bench.count(20)))
        )
    return [
        none("exports that failed", sum(not export.done for export in exports), len(exports)),
        none("checks that failed", checks.failed, checks.number),
        at_most("p99 of a check", 500, percentile(checks.times, 0.99) * 1000, " ms"),
    ]


async def large_account(bench: Bench) -> Person:
    """Make it once; return a member who looks at it."""
    if not Account.objects.filter(slug="large").exists():
        account = Account.objects.create(slug="large", name="large", in_beta=True)
        account.memberships.create(user=User.objects.get(email=bench.people[0].email)).roles.add(*Group.objects.all())
        fill(account, max(100, bench.count(10_000)))
    return bench.people[0]


def fill(account: Account, size: int) -> None:
    """Give an account so many keys, every tenth one renewing. Their tokens open nothing: a hash each takes too long."""
    names = {f"vtexappkey-large-{number}": f"warehouse {number}" for number in range(size)}
    keys = [APIKey(account=account, key=key, name=name) for key, name in names.items()]
    APIKey.objects.bulk_create(keys, batch_size=2000)
    rows = [(key, is_old) for number, key in enumerate(keys) for is_old in ([False] if number % 10 else [False, True])]
    tokens = [Token(api_key=key, is_old=is_old, selector=f"{key.pk}-{is_old}", hash="-") for key, is_old in rows]
    Token.objects.bulk_create(tokens, batch_size=2000)


SCENARIOS = [soak, many_keys, many_exports]
