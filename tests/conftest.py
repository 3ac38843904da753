"""The cast: acme (in the beta) and globex (outside), their members, and two keys of acme's."""

import asyncio
import datetime as dt
import os
import threading

import argon2
import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone

from apikeys import hashing, last_use, proofs
from apikeys.models import Account, Actor, APIKey, ExternalKey, Member, Token, User

# Playwright runs an event loop in the thread of the tests.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

BY = Actor("admin@acme.example", "203.0.113.24")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Last come the tests that commit: they empty the tables behind them, with what the migrations laid down.

    Of these, first those that lay it down again themselves: they want the tables as empty as they left them.
    """
    items.sort(key=lambda item: (commits(item), not lays_down_again(item)))


def commits(item) -> bool:
    marked = any(mark.kwargs.get("transaction") for mark in item.iter_markers("django_db"))
    return marked or "transactional_db" in item.fixturenames


def lays_down_again(item) -> bool:
    return any(mark.kwargs.get("serialized_rollback") for mark in item.iter_markers("django_db"))


@pytest.fixture(autouse=True)
def nothing_remembered():
    """Begin without proofs and notes: a test's token ids may come again in the next one."""
    proofs.memory = proofs.Memory()
    last_use.notes._uses.clear()
    last_use.notes._refusals.clear()


@pytest.fixture(scope="session")
def in_front(django_db_setup):
    """Run a coroutine on the event loop of the front, in a thread of its own."""
    from config.asgi import check

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(coroutine, within=60):
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(within)

    yield run
    run(check.close())
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def database_url(name: str = "") -> str:
    """The address of the database under test, or of another one beside it."""
    database = connection.settings_dict
    name = name or database["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{name}"


@pytest.fixture
def acme(db):
    return Account.objects.create(slug="acme", name="acme", in_beta=True)


@pytest.fixture
def globex(db):
    return Account.objects.create(slug="globex", name="globex", in_beta=False)


def member(account: Account, email: str, role: str) -> User:
    """Make a user with one role in one account."""
    user = User.objects.create_user(email)
    Member.objects.create(user=user, account=account).roles.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def admin(acme):
    return member(acme, "admin@acme.example", "User Administrator - RESTRICTED")


@pytest.fixture
def viewer(acme):
    return member(acme, "viewer@acme.example", "API Keys Viewer")


@pytest.fixture
def stranger(globex):
    return member(globex, "admin@globex.example", "User Administrator - RESTRICTED")


@pytest.fixture
def staff(db):
    return User.objects.create_superuser("staff@example.com")


@pytest.fixture
def erp(acme):
    """A settled key; `erp.plaintext` opens it."""
    key, key.plaintext = APIKey.generate(acme, "ERP sync", by=BY)
    return key


@pytest.fixture
def shop(acme):
    """A renewing key; `shop.old` and `shop.new` both open it."""
    key, key.old = APIKey.generate(acme, "Marketplace connector", by=BY)
    key.new = key.renew(by=BY).plaintext
    return key


@pytest.fixture
def partner(acme, globex):
    """A key of globex's that acme added. globex calls it "Their own words", which is no business of acme's."""
    key, plaintext = APIKey.generate(globex, "Their own words", by=BY)
    external = ExternalKey.add(acme, key, roles=Group.objects.filter(name="Catalog"), by=BY)
    external.plaintext = plaintext
    return external


@pytest.fixture
def argon2_runs(monkeypatch):
    """One entry for each check of a hash by Argon2."""
    runs = []
    verify = argon2.PasswordHasher.verify
    monkeypatch.setattr(argon2.PasswordHasher, "verify", lambda *args: runs.append(1) or verify(*args))
    return runs


@pytest.fixture
def full_gate():
    """As many checks as may wait are waiting; `release` and `acquire` one of their places."""
    places, taken = hashing._places, 0
    while places.acquire(blocking=False):
        taken += 1
    yield places
    for _ in range(taken):
        places.release()


@pytest.fixture
def last_used():
    """Set when a token was last used: so many hours ago, or never."""

    def last_used(token: Token, hours: float | None) -> None:
        used = None if hours is None else timezone.now() - dt.timedelta(hours=hours)
        Token.objects.filter(pk=token.pk).update(last_used_at=used)

    return last_used
