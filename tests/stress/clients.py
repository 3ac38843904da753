"""Those who call the servers: people at their browsers, integrations, and whoever checks a token."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections import Counter
from collections.abc import Awaitable
from typing import Any, NamedTuple

import httpx

LOST, SILENT = 0, 504  # the status of an answer that never came, and of none within 10 s
SECRET, SEEN = re.compile(r"\b[A-Z]{128}\b"), re.compile(r'name="token" value="(\d+)"')
DONE = (200, 303)
QUESTION = "GET /api/verify HTTP/1.1\r\nHost: 127.0.0.1\r\nX-VTEX-API-AppKey: {}\r\nX-VTEX-API-AppToken: {}\r\n\r\n"


class Answer(NamedTuple):
    status: int
    text: str = ""
    took: float = 0.0
    headers: Any = {}

    @property
    def done(self) -> bool:
        return self.status in DONE

    @property
    def plaintext(self) -> str:
        found = SECRET.search(self.text)
        return found[0] if found else ""

    @property
    def seen(self) -> int:
        """What names the renewal in the forms of the page."""
        found = SEEN.search(self.text)
        return int(found[1]) if found else 0


class Caller:
    """Asks any of the servers, the next one each time. An answer that never came has the status LOST."""

    def __init__(self, ports: list[int], headers: dict[str, str], address: str | None = None) -> None:
        self._ports = itertools.cycle(ports)
        transport = httpx.AsyncHTTPTransport(local_address=address, limits=httpx.Limits(max_keepalive_connections=0))
        self.http = httpx.AsyncClient(headers=headers, transport=transport, timeout=60, trust_env=False)
        self.done: Counter[str] = Counter()

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self.http.aclose()

    async def ask(self, method: str, path: str, port: int | None = None, **content: Any) -> Answer:
        begun, tried = time.perf_counter(), 0
        while True:
            try:
                response = await self.http.request(
                    method, f"http://127.0.0.1:{port or next(self._ports)}{path}", **content
                )
            except httpx.ConnectError:
                # Nobody is there, so nothing was sent: a balancer takes the next one.
                tried += 1
                if port or tried > 400:
                    return Answer(LOST)
                await asyncio.sleep(0.02)
            except httpx.TransportError:
                return Answer(LOST, took=time.perf_counter() - begun)
            else:
                return Answer(response.status_code, response.text, time.perf_counter() - begun, response.headers)


class Person(Caller):
    """Uses the pages with a session, as a browser without JavaScript does. `seen` is what the page said."""

    def __init__(self, email: str, ports: list[int], address: str | None = None) -> None:
        super().__init__(ports, {}, address)
        self.email = email

    async def sign_in(self, password: str, port: int | None = None, **headers: str) -> Answer:
        await self.ask("GET", "/auth/login/", port)
        fields = {"login": self.email, "password": password}
        return await self.post("/auth/login/", port, headers=headers, **fields)

    async def post(
        self, path: str, port: int | None = None, headers: dict[str, str] | None = None, **fields: Any
    ) -> Answer:
        token = {"X-CSRFToken": self.http.cookies.get("csrftoken", "")}
        return await self.ask("POST", path, port, data=fields, headers=token | (headers or {}))

    async def _act(self, verb: str, key: Any, path: str, port: int | None, **fields: Any) -> Answer:
        answer = await self.post(f"/accounts/acme/api-keys/{key}/{path}/", port, **fields)
        self.done[verb] += answer.done
        return answer

    async def see(self, key: Any, path: str, port: int | None = None) -> Answer:
        return await self.ask("GET", f"/accounts/acme/api-keys/{key}/{path}/", port)

    async def renew(self, key: Any, port: int | None = None) -> Answer:
        return await self._act("renewed", key, "renewal", port)

    async def complete_now(self, key: Any, seen: int, port: int | None = None) -> Answer:
        return await self._act("old_token_deleted", key, "renewal/complete", port, token=seen, old_token="now")

    async def delete_old(self, key: Any, seen: int | None = None, port: int | None = None) -> Answer:
        seen = seen or (await self.see(key, "old-token/delete", port)).seen
        return await self._act("old_token_deleted", key, "old-token/delete", port, token=seen)

    async def undo(self, key: Any, seen: int | None = None, port: int | None = None) -> Answer:
        seen = seen or (await self.see(key, "renewal/undo", port)).seen
        return await self._act("renewal_undone", key, "renewal/undo", port, token=seen)

    async def deactivate(self, key: Any, seen: int, port: int | None = None) -> Answer:
        return await self._act("deactivated", key, "status", port, token=seen)

    async def activate(self, key: Any, seen: int | None = None, port: int | None = None) -> Answer:
        return await self._act("activated", key, "status", port, status="active")

    async def delete(self, key: Any, seen: int, port: int | None = None) -> Answer:
        return await self._act("deleted", key, "delete", port, token=seen, understood="on")

    async def generate(self, name: str, port: int | None = None) -> Answer:
        answer = await self.post("/accounts/acme/api-keys/new/", port, name=name)
        self.done["generated"] += answer.done
        return answer


class Integration(Caller):
    """Renews through the JSON API, as a program does, with a key that may. It names no renewal: any will do."""

    def __init__(self, key: str, plaintext: str, ports: list[int]) -> None:
        super().__init__(ports, {"X-VTEX-API-AppKey": key, "X-VTEX-API-AppToken": plaintext})

    async def is_served(self) -> bool:
        """Tell whether these servers have the JSON API: an unknown key is then 400, and an unknown page 404."""
        return (await self._act("", "vtexappkey-acme-UNKNWN", "renew", None)).status != 404

    async def renew(self, key: Any, port: int | None = None) -> Answer:
        return await self._act("renewed", key, "renew", port)

    async def delete_old(self, key: Any, seen: int | None = None, port: int | None = None) -> Answer:
        return await self._act("old_token_deleted", key, "finish-renewal", port)

    async def undo(self, key: Any, seen: int | None = None, port: int | None = None) -> Answer:
        return await self._act("renewal_undone", key, "undo-renewal", port)

    async def _act(self, verb: str, key: Any, path: str, port: int | None) -> Answer:
        answer = await self.ask("PATCH", f"/api/vtexid/apikey/{key}/apitoken/{path}", port)
        self.done[verb] += answer.done
        return answer


class Checks:
    """Checks tokens over connections that persist. By hand, because httpx takes longer than the check itself."""

    def __init__(self, ports: list[int]) -> None:
        self._all, self._ports = ports, itertools.cycle(ports)
        self._idle: dict[int, list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]] = {port: [] for port in ports}

    async def __aenter__(self) -> Checks:
        return self

    async def __aexit__(self, *error: Any) -> None:
        for _reader, writer in itertools.chain(*self._idle.values()):
            writer.transport.abort()

    async def __call__(self, key: Any, plaintext: str) -> int:
        """Ask the next server, and another one when it is not there. Returns the status."""
        while True:
            if status := await self.once(next(self._ports), key, plaintext):
                return status
            await asyncio.sleep(0.01)

    async def once(self, port: int, key: Any, plaintext: str) -> int:
        """Ask this server. Returns the status, or LOST."""
        question = QUESTION.format(key, plaintext)
        idle = self._idle.setdefault(port, [])
        while idle:
            if status := await self._in_time(self._answer(port, *idle.pop(), question)):
                return status
            # The server had ended this connection, perhaps long ago: that says nothing of now.
        try:
            return await self._in_time(self._answer(port, *await asyncio.open_connection("127.0.0.1", port), question))
        except OSError:
            return LOST

    async def everywhere(self, key: Any, plaintext: str, times: int = 1) -> list[int]:
        """Ask each server so many times, all at once."""
        return await asyncio.gather(*(self.once(port, key, plaintext) for port in self._all * times))

    async def _in_time(self, answer: Awaitable[int]) -> int:
        try:
            async with asyncio.timeout(10):
                return await answer
        except TimeoutError:
            return SILENT

    async def _answer(
        self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, question: str
    ) -> int:
        try:
            writer.write(question.encode())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            if length := re.search(rb"content-length: (\d+)", head):
                await reader.readexactly(int(length[1]))
        except (OSError, EOFError):
            writer.transport.abort()
            return LOST
        except asyncio.CancelledError:
            writer.transport.abort()
            raise
        self._idle[port].append((reader, writer))
        return int(head[9:12])
