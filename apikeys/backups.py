"""A back-up of the whole database as one file, made while the app runs, and the way back into an empty database.

SQLite does it by its online back-up, PostgreSQL by its own pg_dump and pg_restore.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from django.db import connection
from django.db.backends.postgresql.client import DatabaseClient

BEGINS_WITH = {"sqlite": b"SQLite format 3\x00", "postgresql": b"PGDMP"}


class Failed(Exception):
    """The tool of the database could not do it; its message says why."""


def dump(file: Path) -> None:
    """Write the back-up. The file is only there once it is whole, and only its owner can read it."""
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600, exist_ok=False)
    try:
        {"sqlite": _dump_sqlite, "postgresql": _dump_postgresql}[connection.vendor](part)
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)


def is_backup(file: Path) -> bool:
    """Tell whether the file is a back-up of a database of this engine."""
    with file.open("rb") as opened:
        return opened.read(16).startswith(BEGINS_WITH[connection.vendor])


def load(file: Path) -> None:
    """Fill the empty database with the back-up."""
    try:
        {"sqlite": _load_sqlite, "postgresql": _load_postgresql}[connection.vendor](file)
    except sqlite3.Error as error:
        raise Failed(f"The back-up cannot be read. {error}") from None


def _dump_sqlite(part: Path) -> None:
    connection.ensure_connection()
    with closing(sqlite3.connect(part)) as copy:
        connection.connection.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a -wal beside it


def _load_sqlite(file: Path) -> None:
    connection.ensure_connection()
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as copy:
        copy.backup(connection.connection)
    connection.close()  # to be opened again with its pragmas: the journal came with the file


def _dump_postgresql(part: Path) -> None:
    _run("pg_dump", "--format=custom", f"--file={part}")


def _load_postgresql(file: Path) -> None:
    _run("pg_restore", "--single-transaction", "--exit-on-error", str(file))


def _run(tool: str, *options: str) -> None:
    """Run a tool of PostgreSQL on the database of the app. The password goes by the environment."""
    (_psql, *place), environment = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    command = [tool, *place[:-1], f"--dbname={place[-1]}", "--no-owner", "--no-privileges", *options]
    try:
        done = subprocess.run(  # noqa: S603
            command, env=os.environ | (environment or {}), capture_output=True, text=True
        )
    except FileNotFoundError:
        raise Failed(f"{tool} is not installed: it comes with PostgreSQL's client (postgresql-client).") from None
    if done.returncode:
        raise Failed(f"{tool} failed. {done.stderr.strip()}")
