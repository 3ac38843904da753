"""R. Races: everything that people can do to a key, at random, and the history that came of it."""

from __future__ import annotations

import random
import time

from .bench import Bench, each
from .history import Call, Key, is_linearizable
from .report import Figure, at_least, none

WEIGHTS = {"check": 8, "renew": 6, "delete_old": 3, "undo": 3, "deactivate": 1, "activate": 2, "delete": 0.05}


async def any_order(bench: Bench, seeds: int = 5) -> list[Figure]:
    """R5. 8 clients do anything to 5 keys, 20,000 operations of each of 5 seeds: some order explains every answer."""
    wrong, calls, keys, refused = 0, 0, 0, 0
    for seed in range(seeds):
        histories = await anything(bench, random.Random(seed), bench.count(20_000))
        calls += sum(len(history) for history, _key in histories)
        keys += len(histories)
        refused += sum(call.answer >= 500 or not call.answer for history, _key in histories for call in history)
        wrong += sum(not is_linearizable(history, key) for history, key in histories)
    return [
        at_least(f"operations of {seeds} seeds", seeds * bench.count(20_000), calls),
        none("histories of a key that no order explains", wrong, keys),
        none("answers of 500 or above, or lost", refused, calls),
    ]


async def anything(bench: Bench, chance: random.Random, count: int) -> list[tuple[list[Call], Key]]:
    """Let 8 clients act at random, and return the history of each key and what it began with."""
    stages = [Stage(bench) for _ in range(5)]

    async def act(verb: str) -> None:
        await chance.choice(stages).act(verb, chance)

    await each(chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=count), act, at_once=8)
    return [history for stage in stages for history in [*stage.past, (stage.calls, stage.began)]]


class Stage:
    """A key that anything may happen to, and its history; another one follows when it is deleted."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.past = bench, []
        self._begin()

    def _begin(self) -> None:
        (self.key,) = self.bench.keys(1)
        first = self.key.token.pk
        self.plaintexts, self.newest = {first: self.key.first}, first
        self.before: dict[int, int] = {}  # the token beside which each one was made
        self.calls, self.began = [], Key(True, (first,))

    async def act(self, verb: str, chance: random.Random) -> None:
        # What belongs to this key: another may be on stage when the answer comes.
        key, calls, plaintexts = self.key, self.calls, self.plaintexts
        token = chance.choice(list(plaintexts)[-3:]) if verb == "check" else self.newest
        begun = time.perf_counter()
        if verb == "check":
            status = await self.bench.check(key, plaintexts[token])
        else:
            arguments = [] if verb == "renew" else [token]
            answer = await getattr(self.bench.person, verb)(key, *arguments)
            status = answer.status
        call = Call(verb, token, status, begun, time.perf_counter())
        if verb == "renew" and status == 200:
            call = call._replace(token=answer.seen)
            plaintexts[answer.seen] = answer.plaintext
        calls.append(call)
        if key is self.key and status in (200, 303):
            self._follow(verb, call.token)

    def _follow(self, verb: str, token: int) -> None:
        """Know what a person would see on the page now: which token is the newest, or another key."""
        if verb == "renew":
            self.before[token], self.newest = self.newest, token
        elif verb == "undo":
            self.newest = self.before[token]
        elif verb == "delete":
            self.past.append((self.calls, self.began))
            self._begin()


SCENARIOS = [any_order]
