"""The check that every request of every integration passes: does this token open this key, now?

A proof is remembered, never a verdict. Once Argon2 has proven a token, this process remembers that *this string matched
that hash*; the row itself is read at every check, so what is deleted, undone or deactivated is refused at once, on
every worker. Nothing here calls `save()`: a late save would put a deleted token back.
"""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
import hmac
import logging
import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import Error
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from . import hashing, metrics
from .models import ExternalKey, Plaintext, Token
from .models.accounts import SLUG_FORMAT
from .models.keys import KEY_FORMAT

logger = logging.getLogger(__name__)

KEY, SLUG = re.compile(KEY_FORMAT), re.compile(SLUG_FORMAT)


class Outcome(enum.Enum):
    """What a check can end in. Only a token that was proven right gets to know more than `WRONG`."""

    ACCEPTED = "accepted"
    WRONG = "wrong"
    NO_ACCESS = "no access"
    INACTIVE = "inactive"
    OUTDATED = "outdated"


@dataclass(frozen=True)
class Verdict:
    """The outcome, and what the rows say of the key where the token was proven right.

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
    deprecated_at: dt.datetime | None = None
    last_used_at: dt.datetime | None = None


WRONG = Verdict(Outcome.WRONG)


@metrics.counted
def decide(key: str, plaintext: str, *, account: str = "", now: dt.datetime | None = None) -> Verdict:
    """Check a key and the plaintext of its token. One query; at most one Argon2. Raises hashing.Busy.

    `account` is the slug of the account that the key wants to enter: its own, unless another one is named.
    """
    if not (KEY.fullmatch(key) and Plaintext(plaintext).is_well_formed):
        return WRONG
    row = _row(key, plaintext, account)
    if row is None or not _proven(row, plaintext):
        return WRONG
    return Verdict(
        outcome=_outcome(row, account, now or timezone.now()),
        token_id=row["id"],
        api_key_id=row["api_key_id"],
        external_key_id=row["external_key_id"],
        account=account or row["owner"],
        key=key,
        name=row["name"],
        deprecated_at=row["renewed_at"] if row["is_old"] else None,
        last_used_at=row["last_used_at"],
    )


def _row(key: str, plaintext: str, account: str) -> Mapping[str, Any] | None:
    new_token = Token.objects.filter(api_key=OuterRef("api_key"), is_old=False)
    slug = account if SLUG.fullmatch(account) else ""  # no account has another one, and PostgreSQL takes no NUL
    external = ExternalKey.objects.filter(api_key=OuterRef("api_key"), account__slug=slug)
    return (
        Token.objects.filter(selector=Plaintext(plaintext).selector, api_key__key=key)
        .values("id", "hash", "is_old", "created_at", "last_used_at", "api_key_id")
        .annotate(
            name=F("api_key__name"),
            is_active=F("api_key__is_active"),
            owner=F("api_key__account__slug"),
            external_key_id=Subquery(external.values("pk")),
            token_duration=F("api_key__account__token_duration"),
            refuses_outdated=F("api_key__account__refuses_outdated"),
            renewed_at=Subquery(new_token.values("created_at")),
        )
        .first()
    )


def _outcome(row: Mapping[str, Any], account: str, now: dt.datetime) -> Outcome:
    if account not in ("", row["owner"]) and row["external_key_id"] is None:
        return Outcome.NO_ACCESS
    if not row["is_active"]:
        return Outcome.INACTIVE
    if row["refuses_outdated"] and row["created_at"] + dt.timedelta(days=row["token_duration"]) <= now:
        return Outcome.OUTDATED
    return Outcome.ACCEPTED


def _proven(row: Mapping[str, Any], plaintext: str) -> bool:
    proof = proofs.of(row["id"], row["hash"], plaintext)
    if proofs.knows(proof):
        return True
    if not hashing.matches(plaintext, row["hash"]):
        return False
    proofs.remember(proof)
    if hashing.is_of_other_parameters(row["hash"]):
        _hash_anew(row, plaintext)
    return True


def _hash_anew(row: Mapping[str, Any], plaintext: str) -> None:
    """Once for each token after the parameters changed. The UPDATE meets no row if the token was ended meanwhile."""
    try:
        Token.objects.filter(pk=row["id"], hash=row["hash"]).update(hash=hashing.hashed(plaintext))
    except Error:
        logger.warning("The hash of token %s could not be made anew", row["id"], exc_info=True)


class Proofs:
    """The latest proofs of this process, under a key that is random, in memory only, and never written anywhere."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, token_id: int, hash: str, plaintext: str) -> bytes:
        return hmac.digest(self._key, f"{token_id}:{hash}:{plaintext}".encode(), hashlib.sha256)

    def knows(self, proof: bytes) -> bool:
        with self._lock:
            if proof not in self._known:
                return False
            self._known.move_to_end(proof)
            return True

    def remember(self, proof: bytes) -> None:
        with self._lock:
            self._known[proof] = None
            if len(self._known) > self._most:
                self._known.popitem(last=False)


proofs = Proofs()
