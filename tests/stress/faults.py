"""F. Faults of servers and connections: killed, cut off, slow; nothing is lost, nothing needs a repair."""

from __future__ import annotations

import asyncio
import socket
import time

from asgiref.sync import sync_to_async
from django.db import connection, transaction

from apikeys.models import APIKey

from .audit import differences
from .bench import Bench
from .clients import LOST, Person
from .continuity import renewing, strays
from .proxy import Proxy
from .report import Figure, at_most, exactly, none
from .servers import SPARE


async def killed_servers(bench: Bench) -> list[Figure]:
    """F1. A server is killed 200 ms after the last one is back, 500 times, while 8 keys are renewed and undone."""
    keys, accepted = bench.keys(8), []
    tokens = [(key, key.first) for key in keys]
    async with bench.checking(tokens, clients=2, pause=0.01) as checks, renewing(bench, keys, accepted):
        for _ in range(kills := bench.count(500)):
            await asyncio.sleep(0.2)
            bench.kill(port := bench.chance.choice(bench.ports))
            bench.start(port)
            await bench.ready(port)
    return [
        exactly("servers killed", bench.count(500), kills),
        none("answers with a new token that was not accepted", len(accepted) - accepted.count(204), len(accepted)),
        none("checks of the old token that failed", checks.failed, checks.number),
        none("keys with no token or more than two", strays(keys), len(keys)),
        none("keys whose events do not lead to their rows", len(differences(bench)), len(keys)),
    ]


async def lost_answers(bench: Bench) -> list[Figure]:
    """F2. The answer of a renewal is lost after the commit, 100 times: pending, then Undo Renewal, then Renew Token."""
    keys, recovered = bench.keys(bench.count(100)), 0
    async with Proxy(SPARE, "127.0.0.1", bench.ports[0]) as way:
        way.loses_answers = True
        for key in keys:
            lost = await bench.person.renew(key, SPARE)
            assert lost.status == LOST, lost.status
            pending = key.tokens.count() == 2 and await bench.check(key, key.first) == 204
            undone, renewed = await bench.person.undo(key), await bench.person.renew(key)
            recovered += pending and undone.done and await bench.check(key, renewed.plaintext) == 204
    return [
        exactly("answers lost", len(keys), way.answers_lost),
        exactly("keys that were pending, undone and renewed again", len(keys), recovered),
    ]


async def killed_in_the_middle(bench: Bench) -> list[Figure]:
    """F3. A server is killed within the transaction of a renewal: the key is as before, and free within 5 s."""
    free, keys = [], bench.keys(bench.count(20))
    for key in keys:
        port, other = bench.ports[:2]
        await (in_the_middle_on_sqlite if bench.is_sqlite else in_the_middle)(bench, key, port)
        begun = time.perf_counter()
        while (answer := await bench.person.renew(key, other)).status == 503:
            pass
        if answer.status == 409:  # killed after the commit
            await bench.person.undo(key, port=other)
        free.append(time.perf_counter() - begun)
        bench.start(port)
        await bench.ready(port)
    return [
        at_most("longest wait for the key", 5.0, max(free), " s"),
        none("keys with no token or more than two", strays(keys), len(keys)),
        none("keys whose events do not lead to their rows", len(differences(bench)), len(keys)),
    ]


async def in_the_middle(bench: Bench, key: APIKey, port: int) -> None:
    """Hold the events' table, so that the server waits with the key locked and the new token written; and kill it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE apikeys_event IN EXCLUSIVE MODE")
        renewal = asyncio.create_task(bench.person.renew(key, port))
        # Not pg_stat_activity, which within a transaction says the same for ever.
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'apikeys_event'::regclass"
        while not cursor.execute(waiting).fetchone()[0]:
            await asyncio.sleep(0.02)
        bench.kill(port)
    await renewal


async def in_the_middle_on_sqlite(bench: Bench, key: APIKey, port: int) -> None:
    """Nothing holds a writer up there but another one: kill at any moment."""
    renewal = asyncio.create_task(bench.person.renew(key, port))
    await asyncio.sleep(bench.chance.uniform(0, 0.1))
    bench.kill(port)
    await renewal


async def slow_reader(bench: Bench) -> list[Figure]:
    """F9. Somebody reads the answer of a renewal at one byte a second: others act on the key without a wait."""
    (key,), times = bench.keys(1), []
    person, port = bench.person, bench.ports[0]
    for _ in range(bench.count(10)):
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        reader.connect(("127.0.0.1", port))
        reader.sendall(request_of(person, f"/accounts/acme/api-keys/{key}/renewal/"))
        await sync_to_async(reader.recv)(1)
        times.append((await bench.person.undo(key, port=bench.ports[1])).took)
        await asyncio.sleep(1)
        reader.recv(1)
        reader.close()
    return [at_most("longest Undo Renewal meanwhile", 1.0, max(times), " s")]


def request_of(person: Person, path: str) -> bytes:
    """Write a POST as the person's browser would."""
    cookies = {cookie.name: cookie.value for cookie in person.http.cookies.jar}
    head = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Cookie: " + "; ".join(f"{name}={value}" for name, value in cookies.items()),
        f"X-CSRFToken: {cookies['csrftoken']}",
        "Content-Length: 0",
    ]
    return "\r\n".join([*head, "", ""]).encode()


SCENARIOS = [killed_servers, lost_answers, killed_in_the_middle, slow_reader]
