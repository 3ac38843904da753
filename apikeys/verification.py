"""The check that every request of every integration passes: does this token open this key, now?

A proof is remembered, never a verdict. Once Argon2 has proven a token, this process remembers that *this string matched
that hash*; the row itself is read at every check, so what is deleted, undone or deactivated is refused at once, on
every worker. Nothing here calls `save()`: a late save would put a deleted token back.
"""

from __future__ import annotations

import datetime as dt
import enum
import re
from typing import NamedTuple

from django.utils import timezone

from . import lookup, proofs
from .lookup import Asked, Row
from .models import Plaintext
from .models.accounts import SLUG_FORMAT
from .models.keys import KEY_FORMAT

KEY, SLUG = re.compile(KEY_FORMAT), re.compile(SLUG_FORMAT)


class Outcome(enum.Enum):
    """What a check can end in. Only a token that was proven right gets to know more than `WRONG`."""

    ACCEPTED = "accepted"
    WRONG = "wrong"
    NO_ACCESS = "no access"
    INACTIVE = "inactive"
    OUTDATED = "outdated"
    BUSY = "busy"  # not known now: too many proofs wait
    UNAVAILABLE = "unavailable"  # not known now: the database is away


class Verdict(NamedTuple):
    """The outcome, and what the row says of the key where the token was proven right.

    `account` is the one that was asked for; where it is not the key's own, `external_key_id` has the roles there.
    `deprecated_at` is set when the token is the old one of a pending renewal: the moment of the renewal.
    """

    outcome: Outcome
    token_id: int = 0
    api_key_id: int = 0
    external_key_id: int | None = None
    account: str = ""
    key: str = ""
    name: str = ""
    roles: list[str] = []
    deprecated_at: dt.datetime | None = None
    last_used_at: dt.datetime | None = None


WRONG = Verdict(Outcome.WRONG)


def decide(key: str, plaintext: str, *, account: str = "", now: dt.datetime | None = None) -> Verdict:
    """Check a key and the plaintext of its token. One query; at most one Argon2. Raises hashing.Busy.

    `account` is the slug of the account that the key wants to enter: its own, unless another one is named.
    The front takes the same steps without waiting in any of them.
    """
    asked = question(key, plaintext, account)
    row = lookup.find(asked) if asked else None
    if row is None or not proofs.proven(row, plaintext):
        return WRONG
    return verdict(key, row, account, now)


def question(key: str, plaintext: str, account: str) -> Asked | None:
    """Return what to ask the database, or None where it cannot know such a key or token."""
    if not (KEY.fullmatch(key) and Plaintext(plaintext).is_well_formed):
        return None
    # No account has another slug, and PostgreSQL takes no NUL.
    return Asked(key, plaintext[:25], account if SLUG.fullmatch(account) else "")


def verdict(key: str, row: Row, account: str, now: dt.datetime | None = None) -> Verdict:
    """Return what the row says of a token that was proven right."""
    return Verdict(
        _outcome(row, account, now),
        row.token_id,
        row.api_key_id,
        row.external_key_id,
        account or row.owner,
        key,
        row.name,
        row.roles,
        row.renewed_at,
        row.last_used_at,
    )


def _outcome(row: Row, account: str, now: dt.datetime | None) -> Outcome:
    if account not in ("", row.owner) and row.external_key_id is None:
        return Outcome.NO_ACCESS
    if not row.is_active:
        return Outcome.INACTIVE
    if row.refuses_outdated:
        outdated_since = row.created_at + dt.timedelta(days=row.token_duration)
        if outdated_since <= (now or timezone.now()):
            return Outcome.OUTDATED
    return Outcome.ACCEPTED
