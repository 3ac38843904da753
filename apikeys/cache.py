"""Redis as the cache, and the cache table of the database while Redis is away or slow.

The limits of sign-in and of calling keys live here. They begin to count anew in the table, and go on to hold; nothing
else waits or fails.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from redis import RedisError

logger = logging.getLogger(__name__)

TABLE = "table"  # its name in settings.CACHES
PATIENCE = 0.1  # seconds for Redis to answer
ASKED_AGAIN_AFTER = 5.0  # seconds


def _with_table(name: str) -> Callable[..., Any]:
    """Return the method of that name: of Redis, or of the table where Redis does not answer in time."""
    of_redis = getattr(RedisCache, name)

    def method(self: Cache, *args: Any, **kwargs: Any) -> Any:
        if not self.is_away():
            try:
                return of_redis(self, *args, **kwargs)
            except RedisError as error:
                self.leave(error)
        return getattr(caches[TABLE], name)(*args, **kwargs)

    return method


class Cache(RedisCache):
    away_until = 0.0  # of the process: its other threads need not find it out by waiting too

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        patience = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
        super().__init__(server, {**params, "OPTIONS": {**patience, **params.get("OPTIONS", {})}})

    @classmethod
    def is_away(cls) -> bool:
        return time.monotonic() < cls.away_until

    @classmethod
    def leave(cls, error: RedisError) -> None:
        cls.away_until = time.monotonic() + ASKED_AGAIN_AFTER
        logger.warning("Redis does not answer (%s): the cache is a table of the database meanwhile", error)

    add = _with_table("add")
    get = _with_table("get")
    set = _with_table("set")
    touch = _with_table("touch")
    delete = _with_table("delete")
    get_many = _with_table("get_many")
    has_key = _with_table("has_key")
    incr = _with_table("incr")
    set_many = _with_table("set_many")
    delete_many = _with_table("delete_many")
    clear = _with_table("clear")
