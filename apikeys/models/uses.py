"""What a check leaves in the database: the last use of a token, that a right token was refused, and a newer hash."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection, transaction

from .events import Actor, Event
from .tokens import Token

NOTED_EVERY = dt.timedelta(minutes=1)
REFUSAL_RECORDED_EVERY = dt.timedelta(hours=1)


class Use(NamedTuple):
    token_id: int
    at: dt.datetime
    address: str | None
    user_agent: str


# An UPDATE: a save() would put a deleted token back. A row that somebody holds is passed over: to wait for it while
# holding others could be a deadlock.
USED = """UPDATE apikeys_token SET last_used_at = %s, last_used_address = %s, last_used_user_agent = %s
    WHERE id = (SELECT id FROM apikeys_token WHERE id = %s AND (last_used_at IS NULL OR last_used_at <= %s) {free})
"""


def record_uses(uses: Iterable[Use]) -> None:
    """Record each as the last use of its token, at most once a minute. Waits for nobody on PostgreSQL."""
    stored = connection.ops.adapt_datetimefield_value
    free = "FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    rows = [
        # PostgreSQL stores no NUL, and would record nothing.
        (stored(at), address, user_agent.replace("\x00", "")[:200], token_id, stored(at - NOTED_EVERY))
        for token_id, at, address, user_agent in uses
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(USED.format(free=free), rows)


def record_refusal(api_key_id: int, token_id: int, action: Event.Action, *, by: Actor, now: dt.datetime) -> None:
    """Record that a right token was refused, at most once an hour for each reason. Waits for nobody on PostgreSQL.

    Asked first without a lock, so that a client that goes on and on costs no write; then again under the lock.
    """
    since = now - REFUSAL_RECORDED_EVERY
    recorded = Event.objects.filter(api_key=api_key_id, at__gt=since, action=action, token_id=token_id)
    if recorded.exists():
        return
    with transaction.atomic():
        rows = Token.objects.select_for_update(of=("self",), skip_locked=True).select_related("api_key")
        token = rows.filter(pk=token_id).first()
        if token is not None and not recorded.exists():
            event = Event.of(action, token.api_key, by=by, token_id=token_id)
            event.at = now
            event.save()


def replace_hash(token_id: int, old: str, new: str) -> None:
    """Once for each token after the parameters of Argon2 changed. No row is met if the token was ended meanwhile."""
    Token.objects.filter(pk=token_id, hash=old).update(hash=new)
