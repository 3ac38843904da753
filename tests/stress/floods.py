"""D. Floods: many who ask too much, beside some who ask for what is theirs."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from apikeys.models import Plaintext

from .bench import PASSWORD, Bench, each
from .clients import Person
from .faults_around import tries_until_limited
from .report import Figure, at_most, exactly, none, percentile

TICK = os.sysconf("SC_CLK_TCK")

LIMITED = "Too many attempts"


async def invented_tokens(bench: Bench) -> list[Figure]:
    """D1. 10,000 well-formed tokens that do not exist, over 64 connections: none costs an Argon2, valid ones pass."""
    keys = bench.keys(4)
    for key in keys:
        await bench.check.everywhere(key, key.first)
    number, spent = bench.count(10_000), cpu_seconds(bench)
    async with bench.checking([(key, key.first) for key in keys], clients=1, pause=1 / 20) as checks:
        flood = await each(range(number), lambda _: bench.check(keys[0], Plaintext.random()), at_once=64)
    cost = (cpu_seconds(bench) - spent) / (number + checks.number) * 1000
    return [
        none("invented tokens that were not 401", number - flood.count(401), number),
        at_most("CPU time of a server for one, an Argon2 being 20", 3, cost, " ms"),
        none("valid tokens refused", checks.failed, checks.number),
        at_most("p99 of a valid one", 300, percentile(checks.times, 0.99) * 1000, " ms"),
    ]


def cpu_seconds(bench: Bench) -> float:
    """Return what all servers together have computed so far."""
    stats = (
        Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split() for server in bench.processes.values()
    )
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / TICK


async def wrong_passwords(bench: Bench) -> list[Figure]:
    """D3. 500 wrong passwords from one address: limited from the 6th of an e-mail and the 11th; others sign in."""
    of_email = await tries_until_limited(bench, "person1@acme.example", "127.0.0.11")
    forged = await tries_until_limited(
        bench, "person2@acme.example", "127.0.0.12", **{"X-Forwarded-For": "198.51.100.7"}
    )
    of_address = await names_until_limited(bench, "127.0.0.13", bench.count(500))
    async with Person("person3@acme.example", bench.ports, "127.0.0.14") as other:
        other_one = await other.sign_in(PASSWORD)
    return [
        exactly("wrong passwords checked of one e-mail", 5, of_email),
        exactly("the same with X-Forwarded-For", 5, forged),
        at_most("wrong passwords checked from one address", 10, of_address),
        exactly("somebody else signs in", 302, other_one.status),
    ]


async def names_until_limited(bench: Bench, address: str, names: int) -> int:
    """Try a wrong password of ever another e-mail from one address, on all servers; return how many were checked."""
    async with Person("", bench.ports, address) as person:
        answers = []
        for number in range(max(names, 20)):
            person.email = f"nobody{number}@acme.example"
            answers.append(
                await person.sign_in("not the password", **{"X-Forwarded-For": f"198.51.100.{number % 250}"})
            )
    return sum(answer.status == 200 and LIMITED not in answer.text for answer in answers)


async def limit_over_servers(bench: Bench) -> list[Figure]:
    """D10. The limit of 10 from one address holds over 4 servers together."""
    return [
        at_most(
            "wrong passwords checked, spread over 4 servers", 11, await names_until_limited(bench, "127.0.0.15", 40)
        )
    ]


async def slow_connections(bench: Bench) -> list[Figure]:
    """D5. 200 connections send their request a letter at a time: checks and pages go on. 200 more do so with a body."""
    (key,) = bench.keys(1)
    figures = []
    for name, request in {
        "headers": b"GET /api/verify HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
        "bodies": SLOW_BODY,
    }.items():
        await bench.check.everywhere(key, key.first)
        writers = [await slow(bench.ports[number % 4], request) for number in range(200)]
        await asyncio.sleep(0.5)
        async with bench.checking([(key, key.first)], clients=2, pause=0.02) as checks:
            page = asyncio.create_task(bench.person.see(key, "history"))
            for _ in range(10):
                for writer in writers:
                    writer.write(b"a")
                await asyncio.sleep(bench.seconds(5) / 10)
            done, _ = await asyncio.wait([page], timeout=0)
            for writer in writers:
                writer.transport.abort()
        await page
        figures += [
            none(f"slow {name}: checks that failed", checks.failed, checks.number),
            at_most(f"slow {name}: p99 of a check", 1000, percentile(checks.times, 0.99) * 1000, " ms"),
            exactly(f"slow {name}: a page meanwhile", True, bool(done)),
        ]
    return figures


# With a cookie as of a form of ours: without one it is refused before its body is read.
SLOW_BODY = (
    b"POST /auth/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 100000\r\nCookie: csrftoken=" + b"a" * 32 + b"\r\n\r\n"
)


async def slow(port: int, request: bytes) -> asyncio.StreamWriter:
    _reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    return writer


async def long_values(bench: Bench) -> list[Figure]:
    """D9. A password and a key identification of 1 MiB: refused within 50 ms, without a hash."""
    long, times, refused = "x" * 2**20, {"password": [], "key identification": []}, 0
    for _ in range(tries := bench.count(20)):
        async with Person("person1@acme.example", bench.ports, "127.0.0.16") as person:
            signed = await person.sign_in(long)
        generated = await bench.person.generate(long)
        times["password"].append(signed.took)
        times["key identification"].append(generated.took)
        refused += signed.status in (200, 400, 413) and generated.status in (400, 413, 422)
    figures = [at_most(f"{name}, median", 50, percentile(spent, 0.5) * 1000, " ms") for name, spent in times.items()]
    return [exactly("refused", tries, refused), *figures]


SCENARIOS = [invented_tokens, wrong_passwords, limit_over_servers, slow_connections, long_values]
