"""Redis gone, slow or emptied: the pages go on, and the limits of the sign-in hold."""

import socket
import time

import pytest
from django.core.cache import cache, caches

from apikeys.cache import Cache
from tests.views.test_sign_in import fail, slowed


@pytest.fixture
def listener():
    """A port that takes connections, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture(params=["gone", "silent"])
def redis(request, listener, settings, db, monkeypatch):
    """The cache of the app, with a Redis that is of no use."""
    port = listener.getsockname()[1]
    if request.param == "gone":
        listener.close()
    settings.CACHES = {
        "default": {"BACKEND": "apikeys.cache.Cache", "LOCATION": f"redis://127.0.0.1:{port}/0"},
        "table": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"},
    }
    monkeypatch.setattr(Cache, "away_until", 0.0)


@pytest.fixture
def answering(redis, monkeypatch):
    """The same Redis, as if it answered again."""

    def answering(answer: object) -> None:
        monkeypatch.setattr(Cache, "away_until", 0.0)
        monkeypatch.setattr("django.core.cache.backends.redis.RedisCacheClient.get", lambda *args: answer)

    return answering


def test_the_sixth_wrong_password_is_refused_without_redis_too(redis, client, admin):
    answers = fail(client, 6)

    assert [answer.status_code for answer in answers] == [200] * 6
    assert [slowed(answer) for answer in answers] == [False] * 5 + [True]


def test_redis_is_waited_for_once_and_not_at_every_turn(redis):
    started = time.monotonic()
    for number in range(50):
        cache.set(f"key-{number}", number)
        assert cache.get(f"key-{number}") == number

    assert time.monotonic() - started < 50 * 0.1


def test_everything_that_a_cache_does_is_done_by_the_table(redis):
    cache.set_many({"a": 1, "b": 2})

    assert cache.add("c", 3)
    assert not cache.add("c", 4)
    assert cache.incr("c") == 4
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": 2, "c": 4}
    assert (cache.touch("a"), "a" in cache, cache.delete("a"), "a" in cache) == (True, True, True, False)
    cache.delete_many(["b"])
    assert cache.get_or_set("b", 5) == caches["table"].get("b") == 5
    cache.clear()
    assert cache.get("c") is None


def test_redis_counts_again_when_it_is_back(answering):
    cache.set("attempts", "of the table")

    answering("of Redis")

    assert cache.get("attempts") == "of Redis"


def test_the_log_says_once_that_redis_is_away(redis, caplog):
    cache.get("a")
    cache.get("b")

    (line,) = caplog.messages
    assert line.startswith("Redis does not answer")
