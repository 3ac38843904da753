"""Argon2id, for tokens and for passwords: one set of parameters, and a gate before each use of it.

19 MiB, two passes and one lane are the first choice of the OWASP Password Storage Cheat Sheet. Django's own parameters
take 100 MiB each, which a burst of sign-ins multiplies.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import argon2
from django.contrib.auth.hashers import Argon2PasswordHasher

from . import metrics

TIME, MEMORY, LANES = 2, 19 * 1024, 1  # passes, KiB, threads
CORES = os.cpu_count() or 1
QUEUE = 64

_argon2id = argon2.PasswordHasher(TIME, MEMORY, LANES, hash_len=32, salt_len=16)
_turns = threading.BoundedSemaphore(CORES)
_places = threading.BoundedSemaphore(CORES + QUEUE)


class Busy(Exception):
    """As many proofs as may wait are waiting already: the answer is not known now (HTTP 503)."""


def hashed(plaintext: str) -> str:
    """Return the Argon2id hash of a plaintext, with its own salt. Waits for its turn."""
    with _turn():
        return _argon2id.hash(plaintext)


def matches(plaintext: str, hash: str) -> bool:
    """Tell whether the hash is of this plaintext. To be asked within a turn."""
    try:
        return _argon2id.verify(hash, plaintext)
    except argon2.exceptions.VerificationError:
        return False


def is_of_other_parameters(hash: str) -> bool:
    """Tell whether the hash was made with other parameters than those of today."""
    return _argon2id.check_needs_rehash(hash)


@contextmanager
def turn() -> Iterator[None]:
    """Wait for a turn at the gate. Raises Busy rather than queue without end."""
    if not _places.acquire(blocking=False):
        metrics.argon2_refused.inc()
        raise Busy
    try:
        with _turn():
            yield
    finally:
        _places.release()


@contextmanager
def _turn() -> Iterator[None]:
    with metrics.argon2_waiting.track_inprogress():
        _turns.acquire()
    try:
        with metrics.argon2_running.track_inprogress():
            yield
    finally:
        _turns.release()


class PasswordHasher(Argon2PasswordHasher):
    """Passwords of people, stored in Django's format. They wait for the same turns."""

    time_cost = TIME
    memory_cost = MEMORY
    parallelism = LANES

    def encode(self, password: str, salt: str) -> str:
        with _turn():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with _turn():
            return super().verify(password, encoded)
