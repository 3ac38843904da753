"""What the database says of a token: one statement, the same for all who check one.

`find` asks through Django's connection; `readers` has the connections of the front.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection


class Asked(NamedTuple):
    """A key, the selector of a token, and the slug of another account that the key wants to enter, or ""."""

    key: str
    selector: str
    account: str


class Row(NamedTuple):
    """A token with its key and its account; and what the account that was asked for says of the key.

    `renewed_at` is set at the old token of a pending renewal. `roles` are those in the account that was asked for.
    """

    created_at: dt.datetime
    last_used_at: dt.datetime | None
    renewed_at: dt.datetime | None
    roles: list[str]
    token_id: int
    hash: str
    api_key_id: int
    name: str
    is_active: bool
    owner: str
    token_duration: int
    refuses_outdated: bool
    external_key_id: int | None


STATEMENT = """SELECT {place} token.created_at {utc}, token.last_used_at {utc},
        CASE WHEN token.is_old THEN (
            SELECT new_token.created_at {utc} FROM apikeys_token new_token
            WHERE new_token.api_key_id = api_key.id AND NOT new_token.is_old
        ) END,
        {roles},
        token.id, token.hash, api_key.id, api_key.name, api_key.is_active,
        account.slug, account.token_duration, account.refuses_outdated, {external_key_id}
    FROM {asked} apikeys_token token
    JOIN apikeys_apikey api_key ON api_key.id = token.api_key_id
    JOIN apikeys_account account ON account.id = api_key.account_id
    {entering}
    WHERE token.selector = {selector} AND api_key.key = {key}
"""
ENTERING = """LEFT JOIN apikeys_account other ON other.slug = {account}
    LEFT JOIN apikeys_externalkey external ON external.account_id = other.id AND external.api_key_id = api_key.id
"""
ROLES = "FROM auth_group role JOIN {} given ON given.group_id = role.id WHERE {}"
HERE = ROLES.format("apikeys_apikey_roles", "given.apikey_id = api_key.id")
THERE = ROLES.format("apikeys_externalkey_roles", "given.externalkey_id = external.id")


def statement(key: str, selector: str, account: str, *, roles: str, asked: str = "", place: str = "", utc: str) -> str:
    """Return the statement of an engine. Where no account is asked for, it does not look for one."""
    external_key_id, entering, roles, there = "NULL", "", roles.format(HERE), roles.format(THERE)
    if account:
        roles = f"CASE WHEN external.id IS NULL THEN {roles} ELSE {there} END"
        external_key_id, entering = "external.id", ENTERING.format(account=account)
    return STATEMENT.format(**locals())


def for_sqlite(*asked: str) -> str:
    """SQLite has neither lists nor moments: the first come as JSON, the second as text."""
    return statement(*asked, roles="(SELECT json_group_array(role.name) {})", utc="|| '+00:00'")


SQLITE = for_sqlite("?1", "?2", "")
SQLITE_ENTERING = for_sqlite("?1", "?2", "?3")
# Many at once, each with its place among those asked.
POSTGRESQL = statement(
    *("asked.key", "asked.selector", "asked.account"),
    asked="unnest(%s::text[], %s::text[], %s::text[]) WITH ORDINALITY asked(key, selector, account, place) CROSS JOIN",
    place="asked.place,",
    roles="ARRAY(SELECT role.name {})",
    utc="",
)


def find(asked: Asked) -> Row | None:
    """Return the row of a token, through Django's connection."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            entering = asked.account and "%(account)s"
            cursor.execute(for_sqlite("%(key)s", "%(selector)s", entering), asked._asdict())
            return row_of_sqlite(cursor.fetchone())
        cursor.execute(POSTGRESQL, columns([asked]))
        return rows_of_postgresql(cursor.fetchall(), 1)[0]


def row_of_sqlite(values: Sequence[Any] | None) -> Row | None:
    if values is None:
        return None
    created_at, last_used_at, renewed_at, roles, *rest = values
    return Row(_moment(created_at), _moment(last_used_at), _moment(renewed_at), sorted(json.loads(roles)), *rest)


def _moment(text: Any) -> Any:
    return text and dt.datetime.fromisoformat(text)


def columns(asked: Sequence[Asked]) -> list[list[str]]:
    """Return what was asked as the three arrays that the statement for PostgreSQL takes."""
    return [list(column) for column in zip(*asked, strict=True)]


def rows_of_postgresql(found: Sequence[Sequence[Any]], number: int) -> list[Row | None]:
    """Put what was found, of so many asked, in the order in which it was asked."""
    rows: list[Row | None] = [None] * number
    for place, created_at, last_used_at, renewed_at, roles, *rest in found:
        rows[place - 1] = Row(created_at, last_used_at, renewed_at, sorted(roles), *rest)
    return rows
