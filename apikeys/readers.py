"""The front's own connections, one a process: they read rows, never make the event loop wait for another's lock, and
open themselves again after whatever happened to the database. When it is away they say so within `PATIENCE`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from django.db import connection

from .lookup import POSTGRESQL, SQLITE, SQLITE_ENTERING, Asked, Row, columns, row_of_sqlite, rows_of_postgresql

logger = logging.getLogger(__name__)

PATIENCE = 1.5  # seconds
T = TypeVar("T")


class Unavailable(Exception):
    """The database is away, or too slow to wait for: the answer is not known now (HTTP 503)."""


class Reader(ABC):
    """Reads in batches: the checks that wait when one begins share its one look at the database, as it is then.

    All of them came before that, so none is shown a token whose deletion was answered before it came.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[Asked, asyncio.Future[Row | None]]] = []
        self._reading: asyncio.Task[None] | None = None

    async def find(self, asked: Asked) -> Row | None:
        """Return the row of a token as it is now. Raises Unavailable."""
        answer: asyncio.Future[Row | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        return await answer

    async def _read(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                found = await self._find([asked for asked, _answer in batch])
            except Exception as error:  # whatever it is: nobody is left waiting
                logger.warning("Rows cannot be read: %r", error)
                batch, self._waiting = [*batch, *self._waiting], []
                for _asked, answer in batch:
                    if not answer.done():
                        answer.set_exception(Unavailable())
            else:
                for (_asked, answer), row in zip(batch, found, strict=True):
                    if not answer.done():
                        answer.set_result(row)
        self._reading = None

    @abstractmethod
    async def _find(self, asked: list[Asked]) -> list[Row | None]: ...

    def _ask_twice(self, asked: list[Asked]) -> list[Row | None]:
        try:
            return self._ask(asked)
        except (OSError, sqlite3.Error, psycopg.OperationalError):
            # Perhaps only this connection was ended.
            self._close()
            return self._ask(asked)

    @abstractmethod
    def _ask(self, asked: list[Asked]) -> list[Row | None]: ...

    @abstractmethod
    def _close(self) -> None: ...

    @abstractmethod
    async def close(self) -> None: ...


def reader() -> Reader:
    """Return the reader of the configured database."""
    return SQLiteReader() if connection.vendor == "sqlite" else PostgreSQLReader()


class SQLiteReader(Reader):
    """Reads on the event loop: that takes less than handing it to a thread. In WAL a reader waits for nobody."""

    def __init__(self) -> None:
        super().__init__()
        self._path = str(connection.settings_dict["NAME"])
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

    async def _find(self, asked: list[Asked]) -> list[Row | None]:
        return self._ask_twice(asked)

    def _ask(self, asked: list[Asked]) -> list[Row | None]:
        opened = self._opened()
        # One transaction: each would lock and unlock the file by itself.
        opened.execute("BEGIN")
        try:
            return [row_of_sqlite(self._row(opened, one)) for one in asked]
        finally:
            opened.execute("ROLLBACK")

    @staticmethod
    def _row(opened: sqlite3.Connection, asked: Asked) -> Any:
        statement, values = (SQLITE_ENTERING, asked) if asked.account else (SQLITE, asked[:2])
        return opened.execute(statement, values).fetchone()

    def _opened(self) -> sqlite3.Connection:
        """Return a connection to the file that has the name now: a moved or replaced one would still be readable."""
        stat = os.stat(self._path)
        if self._connection is None or self._file != (stat.st_dev, stat.st_ino):
            self._close()
            # No timeout: the loop waits for nobody. mode=rw makes no empty file where there is none.
            address = f"{Path(self._path).absolute().as_uri()}?mode=rw"
            self._connection = sqlite3.connect(
                address, uri=True, timeout=0, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA query_only = on")
            self._file = stat.st_dev, stat.st_ino
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def close(self) -> None:
        self._close()


class PostgreSQLReader(Reader):
    """Reads in one thread, a statement a batch: what is asked while it runs goes into the next one."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = ThreadPoolExecutor(1, "rows")
        self._connection: psycopg.Connection[Any] | None = None
        self._socket: socket.socket | None = None

    async def _find(self, asked: list[Asked]) -> list[Row | None]:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._in_thread(self._ask_twice, asked)
        except Exception:
            self._hang_up()
            raise

    async def _in_thread(self, act: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, act, *arguments)

    def _ask(self, asked: list[Asked]) -> list[Row | None]:
        if self._connection is None:
            self._connection = connected()
            self._socket = socket.socket(fileno=os.dup(self._connection.fileno()))
        cursor = self._connection.cursor(binary=True).execute(POSTGRESQL, columns(asked), prepare=True)
        return rows_of_postgresql(cursor.fetchall(), len(asked))

    def _hang_up(self) -> None:
        """Wake the thread, if it waits for a server that does not answer."""
        waited_for = self._socket
        if waited_for is not None:
            with suppress(OSError):
                waited_for.shutdown(socket.SHUT_RDWR)

    def _close(self) -> None:
        if self._connection is not None and self._socket is not None:
            self._connection.close()
            self._socket.close()
            self._connection = self._socket = None

    async def close(self) -> None:
        await self._in_thread(self._close)


def connected() -> psycopg.Connection[Any]:
    """Connect as Django does: the same database, options and TLS."""
    parameters = connection.get_connection_params()
    for ours in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(ours, None)
    opened = psycopg.connect(**parameters, autocommit=True)
    # One plan for all that is asked: making one takes longer than the statement itself.
    opened.execute("SET plan_cache_mode = force_generic_plan")
    return opened
