"""The check at the front: answered on the raw headers, before Django. The steps are those of `verification.decide`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

from . import hashing, proofs
from .access import address
from .api.answers import account_of, answer
from .last_use import Caller
from .lookup import Row
from .models import Plaintext
from .readers import Reader, Unavailable, reader
from .verification import WRONG, Outcome, Verdict, question, verdict

# One more than may wait at the gate: there is always one to say that it is full.
THREADS = hashing.CORES + hashing.QUEUE + 1

RawHeaders = Iterable[tuple[bytes, bytes]]


class Front:
    """Answers checks in the event loop. Argon2 and Redis are asked in threads, and only for what was not proven yet."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, "proof")

    @cached_property
    def _rows(self) -> Reader:
        return reader()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one check, whatever its method and body; the server drops a body that nobody reads."""
        status, headers, body = answer(
            await self._verdict(scope), lambda: caller_of(scope), secure=scope["scheme"] == "https"
        )
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _verdict(self, scope: Any) -> Verdict:
        headers = scope["headers"]
        key, plaintext = value_of(headers, b"x-vtex-api-appkey"), value_of(headers, b"x-vtex-api-apptoken")
        try:
            return await self._decide(key, Plaintext(plaintext), account_of(scope["query_string"]))
        except hashing.Busy:
            return Verdict(Outcome.BUSY)
        except Unavailable:
            return Verdict(Outcome.UNAVAILABLE)

    async def _decide(self, key: str, plaintext: Plaintext, account: str) -> Verdict:
        asked = question(key, plaintext, account)
        row = await self._rows.find(asked) if asked else None
        if row is None or not (proofs.memory.knows(row, plaintext) or await self._prove(row, plaintext)):
            return WRONG
        return verdict(key, row, account)

    async def _prove(self, row: Row, plaintext: Plaintext) -> bool:
        return await asyncio.get_running_loop().run_in_executor(self._threads, proofs.proven, row, plaintext)

    async def close(self) -> None:
        """Let go of the database."""
        await self._rows.close()


def value_of(headers: RawHeaders, name: bytes) -> str:
    """Return the value of a header; of one that came twice both, which is no key and no token."""
    return b",".join([value for header, value in headers if header == name]).decode("latin-1")


def caller_of(scope: Any) -> Caller:
    """Return who asks: the address that uvicorn took for the client's."""
    client = scope.get("client") or ("",)
    return Caller(address(client[0]), value_of(scope["headers"], b"user-agent"))
