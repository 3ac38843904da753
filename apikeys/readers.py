"""The front's own connections, one a process: they read rows, never make the event loop wait for another's lock, and
open themselves again after whatever happened to the database. When it is away they say so within `PATIENCE`.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import Any, Protocol

import psycopg
from django.db import connection

from .rows import POSTGRESQL, SQLITE, Asked, Row, columns, row_of_sqlite, rows_of_postgresql

PATIENCE = 1.5  # seconds


class Unavailable(Exception):
    """The database is away, or too slow to wait for: the answer is not known now (HTTP 503)."""


class Reader(Protocol):
    async def find(self, asked: Asked) -> Row | None:
        """Return the row of a token as it is now. Raises Unavailable."""

    async def close(self) -> None: ...


def reader() -> Reader:
    """Return the reader of the configured database."""
    return SQLiteReader() if connection.vendor == "sqlite" else PostgreSQLReader()


class SQLiteReader:
    """Reads on the event loop: that takes 10 µs, less than handing it to a thread. In WAL a reader waits for nobody."""

    def __init__(self) -> None:
        self._path = str(connection.settings_dict["NAME"])
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

    async def find(self, asked: Asked) -> Row | None:
        try:
            return self._find(asked)
        except (sqlite3.Error, OSError):
            await self.close()
        try:
            return self._find(asked)
        except (sqlite3.Error, OSError) as error:
            await self.close()
            raise Unavailable from error

    def _find(self, asked: Asked) -> Row | None:
        return row_of_sqlite(self._opened().execute(SQLITE, asked).fetchone())

    def _opened(self) -> sqlite3.Connection:
        """Return a connection to the file that has the name now: a moved or replaced one would still be readable."""
        stat = os.stat(self._path)
        if self._connection is None or self._file != (stat.st_dev, stat.st_ino):
            # No timeout: the loop waits for nobody. mode=rw makes no empty file where there is none.
            self._connection = sqlite3.connect(
                f"{Path(self._path).absolute().as_uri()}?mode=rw",
                uri=True,
                timeout=0,
                isolation_level=None,
                check_same_thread=False,
            )
            self._connection.execute("PRAGMA query_only = on")
            self._file = stat.st_dev, stat.st_ino
        return self._connection

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class PostgreSQLReader:
    """Reads in batches: what is asked while the statement runs goes into the next one, all in one round trip."""

    def __init__(self) -> None:
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._waiting: list[tuple[Asked, asyncio.Future[Row | None]]] = []
        self._reading: asyncio.Task[None] | None = None

    async def find(self, asked: Asked) -> Row | None:
        answer = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        found: Row | None = await answer
        return found

    async def _read(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                async with asyncio.timeout(PATIENCE):
                    found = await self._find([asked for asked, _answer in batch])
            except (psycopg.Error, OSError, TimeoutError) as error:
                await self.close()
                batch, self._waiting = [*batch, *self._waiting], []
                for _asked, answer in batch:
                    if not answer.done():
                        answer.set_exception(Unavailable(error))
            else:
                for (_asked, answer), row in zip(batch, found, strict=True):
                    if not answer.done():
                        answer.set_result(row)
        self._reading = None

    async def _find(self, asked: list[Asked]) -> list[Row | None]:
        try:
            return await self._ask(asked)
        except psycopg.OperationalError:
            # Perhaps only this connection was ended.
            await self.close()
            return await self._ask(asked)

    async def _ask(self, asked: list[Asked]) -> list[Row | None]:
        if self._connection is None:
            self._connection = await _connected()
        cursor = self._connection.cursor(binary=True)
        await cursor.execute(POSTGRESQL, columns(asked), prepare=True)
        return rows_of_postgresql(await cursor.fetchall(), len(asked))

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None


async def _connected() -> psycopg.AsyncConnection[Any]:
    """Connect as Django does: the same database, options and TLS."""
    parameters = connection.get_connection_params()
    for ours in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(ours, None)
    opened = await psycopg.AsyncConnection.connect(**parameters, autocommit=True)
    # One plan for all that is asked: making one takes longer than the statement itself.
    await opened.execute("SET plan_cache_mode = force_generic_plan")
    return opened
