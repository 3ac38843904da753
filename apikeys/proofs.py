"""What is remembered of a check: that this string matched the hash of that row. Never a verdict.

A proof is a digest under a key (BLAKE2b takes one itself, without HMAC) of the row's id, its hash and the plaintext.
Without the key it is as good as random, and of a row that is gone or has another hash it proves nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import threading
import time
from collections import OrderedDict

import redis
from django.conf import settings

from . import hashing
from .lookup import Row

logger = logging.getLogger(__name__)


def proven(row: Row, plaintext: str) -> bool:
    """Tell whether the plaintext is that of the row, by a proof or by Argon2. May wait. Raises hashing.Busy."""
    return memory.knows(row, plaintext) or recalled(row, plaintext) or tried(row, plaintext)


def recalled(row: Row, plaintext: str) -> bool:
    """Tell whether any worker has proven it, and remember it here."""
    if shared is None or not shared.knows(row, plaintext):
        return False
    memory.remember(row, plaintext)
    return True


def tried(row: Row, plaintext: str) -> bool:
    """Try it with Argon2, and let every worker know. Raises hashing.Busy."""
    with hashing.turn():
        # Perhaps by one that came before it, where many bring the same new token.
        if memory.knows(row, plaintext):
            return True
        if not hashing.matches(plaintext, row.hash):
            return False
    if hashing.is_of_other_parameters(row.hash):
        made_anew[row.token_id] = row.hash, hashing.hashed(plaintext)
    memory.remember(row, plaintext)
    if shared is not None:
        shared.remember(row, plaintext)
    return True


class Memory:
    """The latest proofs of this process, under a key that is random and never written anywhere."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()

    def knows(self, row: Row, plaintext: str) -> bool:
        proof = proof_of(row, plaintext, self._key)
        with self._lock:
            if proof not in self._known:
                return False
            self._known.move_to_end(proof)
            return True

    def remember(self, row: Row, plaintext: str) -> None:
        with self._lock:
            self._known[proof_of(row, plaintext, self._key)] = None
            if len(self._known) > self._most:
                self._known.popitem(last=False)


class Shared:
    """The proofs of all workers, in Redis, under a key that only they have. So a restart costs no Argon2.

    Redis may be slow, empty or older than the database: it is asked only about the hash of a row that was just read,
    and after a failure not at all for a while.
    """

    AT_MOST, PAUSE, KEPT = 0.02, 1, 7 * 24 * 60 * 60  # seconds

    def __init__(self, address: str) -> None:
        self._key = hmac.digest(settings.SECRET_KEY.encode(), b"apikeys.proofs", "sha256")
        self._redis = redis.Redis.from_url(
            address, socket_timeout=self.AT_MOST, socket_connect_timeout=self.AT_MOST, retry=None
        )
        self._paused_until = 0.0

    def knows(self, row: Row, plaintext: str) -> bool:
        return bool(self._ask("EXISTS", self._name(row, plaintext)))

    def remember(self, row: Row, plaintext: str) -> None:
        self._ask("SET", self._name(row, plaintext), b"", "EX", self.KEPT)

    def _name(self, row: Row, plaintext: str) -> bytes:
        return b"apikeys:proof:" + proof_of(row, plaintext, self._key)

    def _ask(self, *command: object) -> object:
        if time.monotonic() < self._paused_until:
            return None
        try:
            return self._redis.execute_command(*command)  # type: ignore[no-untyped-call]
        except redis.RedisError as error:
            self._paused_until = time.monotonic() + self.PAUSE
            logger.warning("Redis does not answer, and is left alone for %s seconds: %s", self.PAUSE, error)
            return None


def proof_of(row: Row, plaintext: str, key: bytes) -> bytes:
    return hashlib.blake2b(f"{row.token_id}:{row.hash}:{plaintext}".encode(), key=key, digest_size=32).digest()


def shared_by_workers() -> Shared | None:
    """Return the proofs in Redis, where the cache is there (CACHE_URL)."""
    address = settings.CACHES["default"].get("LOCATION", "")
    return Shared(address) if address.startswith(("redis://", "rediss://")) else None


# Of tokens that were proven after the parameters of Argon2 changed: the hash to replace, and by what. last_use does it.
made_anew: dict[int, tuple[str, str]] = {}
memory = Memory()
shared = shared_by_workers()
