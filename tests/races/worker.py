"""One of the processes of a race, with the product's own settings and its own connection to the database under test."""

import os
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

import argon2

# With the real parameters only as many processes as there are cores would reach the database at the same moment.
CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def work(orders: Connection, start: Barrier, database: dict[str, Any]) -> None:
    """Carry out one order after the other, each at the same moment as the other processes, until the pipe is closed."""
    _set_up(database)
    orders.send("ready")
    while True:
        try:
            act, *arguments = orders.recv()
        except EOFError:
            return
        start.wait(timeout=60)
        orders.send(_outcome(act, arguments))


def call(key_id: int, verb: str, **context: Any) -> str:
    """Call a verb of a key. Returns the plaintext of a new token, or "done"."""
    from apikeys.models import Actor, APIKey

    result = getattr(APIKey(pk=key_id), verb)(by=Actor(f"process {os.getpid()}"), **context)
    return str(result.plaintext) if verb == "renew" else "done"


def generate(account_id: int, name: str) -> str:
    """Generate a key. Returns its public half."""
    from apikeys.models import Account, Actor, APIKey

    key, _plaintext = APIKey.generate(Account.objects.get(pk=account_id), name, by=Actor(f"process {os.getpid()}"))
    return key.key


def check(key: str, plaintext: str, times: int = 1) -> set[str]:
    """Check a token so many times. Returns the outcomes that there were."""
    from apikeys.verification import decide

    return {decide(key, plaintext).outcome.value for _ in range(times)}


def renew_and_undo(key_id: int, times: int) -> str:
    for _ in range(times):
        call(key_id, "renew")
        call(key_id, "undo_renewal")
    return "done"


def _outcome(act: Any, arguments: list[Any]) -> Any:
    """Return what the act returns, or the name of its refusal, or its error."""
    from apikeys.models import Refusal

    try:
        return act(*arguments)
    except Refusal as refusal:
        return type(refusal).__name__
    except Exception as error:
        return repr(error)


def _set_up(database: dict[str, Any]) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django
    from django.conf import settings

    settings.DATABASES["default"] |= database
    django.setup()
    from apikeys import hashing

    hashing._argon2id = CHEAP
