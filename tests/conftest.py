"""The cast: acme (in the beta) and globex (outside), their members, and two keys of acme's."""

import datetime as dt
import os

import argon2
import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from apikeys import hashing, verification
from apikeys.models import Account, Actor, APIKey, ExternalKey, Member, Token, User

# Playwright runs an event loop in the thread of the tests.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

BY = Actor("admin@acme.example", "203.0.113.24")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Last come the tests that commit: they empty the tables behind them, with what the migrations laid down."""
    items.sort(key=commits)


def commits(item) -> bool:
    marked = any(mark.kwargs.get("transaction") for mark in item.iter_markers("django_db"))
    return marked or "transactional_db" in item.fixturenames


@pytest.fixture(autouse=True)
def no_proofs():
    """Begin without proofs: a test's token ids may come again in the next one."""
    verification.proofs = verification.Proofs()


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
