"""R. Races: two or fifty who do the same to a key at the same moment."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections import Counter
from typing import Any

from django.contrib.auth.models import Group

from apikeys.models import APIKey, Member, Token

from .audit import differences
from .bench import Bench, each
from .clients import Answer
from .report import Figure, exactly, none, skipped


def crashes(answers: list[Answer]) -> int:
    return sum(answer.status >= 500 or not answer.status for answer in answers)


async def renewals_at_once(bench: Bench) -> list[Figure]:
    """R1. 50 renewals at once of each of 200 keys, by people and integrations: one succeeds, its token is accepted."""
    keys, answers = bench.keys(bench.count(200)), []

    async def fifty(key: APIKey) -> list[int]:
        of_key = await asyncio.gather(*(bench.caller.renew(key) for _ in range(50)))
        answers.extend(of_key)
        plaintexts = [answer.plaintext for answer in of_key if answer.plaintext]
        return await bench.check.everywhere(key, plaintexts[0]) if len(plaintexts) == 1 else []

    accepted = await each(keys, fifty, at_once=4)
    statuses = Counter(answer.status for answer in answers)
    return [
        exactly("renewals that succeeded, one a key", len(keys), statuses[200]),
        exactly("renewals refused with 409", 49 * len(keys), statuses[409]),
        none("answers of 500 or above, or lost", crashes(answers), len(answers)),
        exactly("keys whose one new token is accepted by all servers", len(keys), accepted.count([204] * 4)),
        exactly("tokens in the database", 2 * len(keys), Token.objects.filter(api_key__in=keys).count()),
    ]


async def renewal_against_deletion(bench: Bench) -> list[Figure]:
    """R2. Renew Token and Delete Key at once, 500 times: no token is left behind, none is accepted."""
    keys, answers = bench.keys(bench.count(500)), []

    async def at_once(key: APIKey) -> list[int]:
        seen = key.token.pk
        renewed, deleted = await asyncio.gather(bench.caller.renew(key), bench.person.delete(key, seen))
        answers.extend([renewed, deleted])
        if not deleted.done:  # the renewal came first, and the dialog showed another token
            answers.append(
                await bench.person.delete(key, renewed.seen or Token.objects.get(api_key=key, is_old=False).pk)
            )
        return [await bench.check(key, plaintext) for plaintext in (key.first, renewed.plaintext) if plaintext]

    checks = list(itertools.chain(*await each(keys, at_once, at_once=4)))
    return [
        none(
            "tokens left without a key",
            Token.objects.filter(api_key_id__in=[key.pk for key in keys]).count(),
            len(keys),
        ),
        none("checks after the deletion that were not 401", len(checks) - checks.count(401), len(checks)),
        none("answers of 500 or above, or lost", crashes(answers), len(answers)),
    ]


async def undo_against_deletion_of_the_old(bench: Bench) -> list[Figure]:
    """R3. Undo Renewal and Delete Old Token at once, 500 times: one wins, its token remains."""
    return await duel(bench, "undo", "delete_old", bench.count(500))


async def the_same_twice(bench: Bench) -> list[Figure]:
    """R4. Delete Old Token twice at once, Undo Renewal twice at once, 500 times each: one wins."""
    half = bench.count(500)
    return [*await duel(bench, "delete_old", "delete_old", half), *await duel(bench, "undo", "undo", half)]


async def duel(bench: Bench, first: str, second: str, rounds: int) -> list[Figure]:
    keys = bench.renewing(rounds)

    async def fight(key: APIKey) -> bool:
        answers = await asyncio.gather(*(getattr(bench.caller, verb)(key, key.seen) for verb in (first, second)))
        won = [verb for verb, answer in zip((first, second), answers, strict=True) if answer.done]
        lost = [answer.status for answer in answers if not answer.done]
        accepted = [await bench.check(key, plaintext) for plaintext in (key.first, key.second)]
        return len(won) == 1 and lost[0] in (404, 409) and accepted == ([204, 401] if won == ["undo"] else [401, 204])

    fair = await each(keys, fight, at_once=4)
    name = f"{first} against {second}: one won, and its token remained"
    return [exactly(name.replace("_", " "), rounds, sum(fair))]


async def twice_now(bench: Bench) -> list[Figure]:
    """R12. Complete with Now sent twice, and after somebody else's Delete Old Token: one effect."""
    keys = bench.renewing(bench.count(100))

    async def complete(key: APIKey) -> tuple[list[int], int]:
        first, second = (person.complete_now(key, key.seen) for person in bench.people[:2])
        if key.pk % 2:
            answers = await asyncio.gather(first, second)
        else:
            second.close()
            answers = [await bench.people[1].delete_old(key, key.seen), await first]
        return sorted(answer.status for answer in answers), await bench.check(key, key.second)

    outcomes = await each(keys, complete, at_once=4)
    return [exactly("one effect, one refusal (404), new token accepted", len(keys), outcomes.count(([303, 404], 204)))]


async def rights_cut_meanwhile(bench: Bench) -> list[Figure]:
    """R13. The member loses the role, or the account, between the dialog and its confirmation: refused, no change."""
    user = bench.add_person("leaves@acme.example")
    person, refused = await bench.sign_in(user.email), 0
    for number, key in enumerate(keys := bench.renewing(bench.count(20))):
        seen = (await person.see(key, "renewal/undo")).seen
        member = Member.objects.get(user=user)
        roles = list(member.roles.all())
        member.roles.clear() if number % 2 else member.delete()
        answer = await person.undo(key, seen)
        expected = 403 if number % 2 else 404
        refused += answer.status == expected and await bench.check(key, key.second) == 204
        Member.objects.get_or_create(user=user, account=bench.account)[0].roles.set(roles)
    return [exactly("refused (403 without the role, 404 without the account), nothing changed", len(keys), refused)]


async def crossing_orders(bench: Bench) -> list[Figure]:
    """R15. PostgreSQL: two people switch keys 1 to 20 and 20 to 1 at once, 200 times: no deadlock reaches anybody."""
    if bench.is_sqlite:
        return [skipped("deadlocks", "SQLite has no row locks")]
    keys, answers = bench.keys(20), []
    role = Group.objects.get(name="Catalog").pk
    deadlocks = bench.logged("deadlock")

    async def edit_all(person: Any, keys: list[APIKey]) -> None:
        for key in keys:
            page = await person.see(key, "edit")
            state = re.search(r'name="state" value="([^"]*)"', page.text)
            given = {"roles": role} if f"-{role}" not in state[1] else {}
            path = f"/accounts/acme/api-keys/{key}/edit/"
            answers.append(await person.post(path, is_active="on", state=state[1], **given))

    for _ in range(bench.count(200)):
        await asyncio.gather(edit_all(bench.people[0], keys), edit_all(bench.people[1], keys[::-1]))
    return [
        none("answers of 500 or above, or lost", crashes(answers), len(answers)),
        none("deadlocks in the logs", bench.logged("deadlock") - deadlocks, len(answers)),
    ]


async def one_name(bench: Bench) -> list[Figure]:
    """R16. 50 keys generated at once under one name: 50 different keys."""
    answers = await asyncio.gather(*(bench.person.generate("ERP sync") for _ in range(50)))
    keys = set(APIKey.objects.filter(name="ERP sync").values_list("key", flat=True))
    return [
        exactly("keys generated", 50, sum(answer.status == 200 for answer in answers)),
        exactly("different keys in the database", 50, len(keys)),
    ]


async def one_event_each(bench: Bench) -> list[Figure]:
    """R20. The events of all keys, replayed: each follows from the one before, they end in the rows that there are."""
    keys = set(APIKey.objects.values_list("pk", flat=True))
    wrong = differences(bench)
    return [none("keys whose events do not lead to their rows, or actions without their event", len(wrong), len(keys))]


SCENARIOS = [
    renewals_at_once,
    renewal_against_deletion,
    undo_against_deletion_of_the_old,
    the_same_twice,
    twice_now,
    rights_cut_meanwhile,
    crossing_orders,
    one_name,
    one_event_each,
]
