from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection

PATIENCE = 5  # seconds, as SQLite's own timeout
_writing = threading.Lock()


@contextmanager
def turn() -> Iterator[bool]:
    """Wait for the other writers of this process, on SQLite; yield whether there were any.

    SQLite lets whoever finds its lock taken look again by and by; of many who look, some never do at the right moment.
    Raises OperationalError (HTTP 503) after 5 s, as SQLite does.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:  # PostgreSQL queues; and who is within has the lock
        yield False
        return
    waited = not _writing.acquire(blocking=False)
    if waited and not _writing.acquire(timeout=PATIENCE):
        raise OperationalError("database is locked")
    try:
        yield waited
    finally:
        _writing.release()
