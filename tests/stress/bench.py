"""The bench that every scenario stands on: the servers, and those who call them."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from django.contrib.auth.models import Group

from apikeys.models import Account, Actor, APIKey, User

from .clients import Integration, Person
from .servers import Servers

PASSWORD = "correct horse battery staple"
BY = Actor("admin@acme.example", "203.0.113.24")


class Seen:
    """What clients saw who check valid tokens."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.times: list[float] = []

    @property
    def number(self) -> int:
        return self.statuses.total()

    @property
    def failed(self) -> int:
        return self.number - self.statuses[204]


class Bench(Servers):
    """The servers, an account, and those who call them. `scale` shrinks all counts and times."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__()
        self.scale = scale
        self.chance = random.Random(7)

    def count(self, number: int) -> int:
        return max(1, round(number * self.scale))

    def seconds(self, number: float) -> float:
        return max(2.0, number * self.scale)

    async def invite(self) -> None:
        """Make the account and those who call the servers."""
        self.account = Account.objects.create(slug="acme", name="acme", in_beta=True)
        users = [self.add_person(f"person{number}@acme.example") for number in range(4)]
        self.people = [await self.sign_in(user.email) for user in users]
        self.integrations = await self._integrations()
        self._callers = itertools.cycle([*self.people, *self.integrations])

    def add_person(self, email: str, role: str = "User Administrator - RESTRICTED") -> User:
        user = User.objects.create_user(email, PASSWORD)
        self.account.memberships.create(user=user).roles.add(Group.objects.get(name=role))
        return user

    async def sign_in(self, email: str, port: int | None = None) -> Person:
        person = await self.stack.enter_async_context(Person(email, self.ports))
        await person.sign_in(PASSWORD, port)
        return person

    async def _integrations(self) -> list[Integration]:
        """One that may renew, where the JSON API is there."""
        key, plaintext = APIKey.generate(
            self.account, "Renews", roles=Group.objects.filter(name="User Administrator - RESTRICTED"), by=BY
        )
        integration = await self.stack.enter_async_context(Integration(key.key, plaintext, self.ports))
        return [integration] if await integration.is_served() else []

    @property
    def caller(self) -> Person | Integration:
        """Whoever is next, of the people and the integrations."""
        return next(self._callers)

    @property
    def person(self) -> Person:
        return self.chance.choice(self.people)

    @asynccontextmanager
    async def checking(self, tokens: list[tuple[Any, str]], clients: int, pause: float = 0) -> AsyncIterator[Seen]:
        """Let so many clients check these valid tokens all the time, and tell what they saw."""
        seen, over = Seen(), asyncio.Event()

        async def client() -> None:
            while not over.is_set():
                begun = time.perf_counter()
                seen.statuses[await self.check(*self.chance.choice(tokens))] += 1
                seen.times.append(time.perf_counter() - begun)
                await asyncio.sleep(pause)

        tasks = [asyncio.create_task(client()) for _ in range(clients)]
        try:
            yield seen
        finally:
            over.set()
            await asyncio.gather(*tasks)

    def keys(self, count: int, name: str = "Key") -> list[APIKey]:
        """Make so many settled keys; each has the plaintext of its `first` token."""
        keys = []
        for number in range(count):
            key, key.first = APIKey.generate(self.account, f"{name} {number}", by=BY)
            keys.append(key)
        return keys

    def renewing(self, count: int) -> list[APIKey]:
        """Make so many renewing keys; each has the plaintexts of both tokens, and `seen`, which names the renewal."""
        keys = self.keys(count)
        for key in keys:
            key.second, new, _old = key.renew(by=BY)
            key.seen = new.pk
        return keys


async def each(things: Iterable[Any], act: Callable[[Any], Awaitable[Any]], at_once: int) -> list[Any]:
    """Act on each thing, on so many at once; return what came of it, in order."""
    turns = asyncio.Semaphore(at_once)

    async def in_turn(thing: Any) -> Any:
        async with turns:
            return await act(thing)

    return await asyncio.gather(*map(in_turn, things))
