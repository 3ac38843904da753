"""The accounts that are measured: one with 1,000 keys and one with 100,000, in one scratch database."""

import datetime as dt
import multiprocessing
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.test import Client
from django.test.utils import setup_test_environment
from django.utils import timezone

from apikeys.models import Account, APIKey, Token, User
from apikeys.models.tokens import LETTERS

SIZES = {"small": 1_000, "large": 100_000}
WORDS = ["sync", "export", "gateway", "portal", "connector", "feed", "updater", "warehouse", "billing", "fraud"]


@contextmanager
def scratch_database() -> Iterator[None]:
    """Lay out a database with both accounts. They are made in a process of their own, which takes its memory along."""
    setup_test_environment()
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    connection.close()
    try:
        making = multiprocessing.get_context("fork").Process(target=make_all)
        making.start()
        making.join()
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def make_all() -> None:
    for slug, size in SIZES.items():
        with transaction.atomic():
            make(slug, size)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def make(slug: str, size: int) -> None:
    """Make an account whose keys are as various as in life: a tenth renewing, half never used, a tenth inactive."""
    account = Account.objects.create(slug=slug, name=slug, in_beta=True)
    role = Group.objects.get(name="API Keys Viewer")
    user = User.objects.create_user(f"viewer@{slug}.example")
    account.memberships.create(user=user).roles.add(role)
    chance, now, roles = random.Random(slug), timezone.now(), list(Group.objects.exclude(pk=role.pk))

    def ago(days: float) -> dt.datetime:
        return now - dt.timedelta(days=chance.random() * days)

    keys = [
        APIKey(
            account=account,
            key=f"vtexappkey-{slug}-{letters(n)}",
            name="Needle" if n == size // 2 else f"{chance.choice(WORDS)} {n}",
            is_active=chance.random() > 0.1,
            created_at=ago(1000),
        )
        for n in range(size)
    ]
    APIKey.objects.bulk_create(keys, batch_size=2000)
    tokens = [
        Token(
            api_key=key,
            is_old=is_old,
            selector=f"{slug}{n}{is_old}",
            hash="-",
            created_at=ago(400),
            last_used_at=ago(60) if chance.random() > 0.5 else None,
        )
        for n, key in enumerate(keys)
        for is_old in ([False, True] if chance.random() < 0.1 else [False])
    ]
    Token.objects.bulk_create(tokens, batch_size=2000)
    given = APIKey.roles.through
    rows = [given(apikey=key, group=group) for key in keys for group in chance.sample(roles, 2)]
    given.objects.bulk_create(rows, batch_size=2000)


def letters(n: int) -> str:
    digits = ""
    for _ in range(6):
        n, digit = divmod(n, len(LETTERS))
        digits = LETTERS[digit] + digits
    return digits


def visitor(slug: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(email=f"viewer@{slug}.example"))
    return client
