"""How the list page grows: each view of an account with 100,000 keys, against the same of one with 1,000.

Run by `make bench`, in a scratch database of its own. Both accounts are in it, and take turns.
"""

import datetime as dt
import os
import random
import statistics
import sys
import time

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

from .figures import Figure, tell

SIZES = {"small": 1_000, "large": 100_000}
ROUNDS = int(os.environ.get("ROUNDS", "11"))
WORDS = ["sync", "export", "gateway", "portal", "connector", "feed", "updater", "warehouse", "billing", "fraud"]
VIEWS = {
    "first page": "",
    "deep page": "page={last}",
    "sort: Key/Name": "sort=key",
    "sort: Key/Name, reversed": "sort=-key",
    "sort: Token Duration": "sort=duration",
    "sort: Token Duration, reversed": "sort=-duration",
    "sort: Last used": "sort=-last_used",
    "sort: Last used, reversed": "sort=last_used",
    "sort: Created date, reversed": "sort=created",
    "sort: Status": "sort=status",
    "sort: Status, reversed": "sort=-status",
    "rare search (1 match)": "q=needle",
    "search without a match": "q=nowhere",
    "common search (1 of 10)": "q=warehouse",
    "search that all match": "q=vtexappkey",
    "common search, sorted": "q=warehouse&sort=-last_used",
    "rare search, sorted": "q=needle&sort=-last_used",
    "filter: Status": "status=inactive",
    "filter: Renewal": "renewal=pending",
}


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


def seconds(client: Client, slug: str, query: str) -> float:
    begun = time.perf_counter()
    response = client.get(f"/accounts/{slug}/api-keys/?{query.format(last=SIZES[slug] // 25)}")
    spent = time.perf_counter() - begun
    if response.status_code != 200:
        sys.exit(f"{query}: {response.status_code}")
    return spent


def main() -> None:
    setup_test_environment()
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        for slug, size in SIZES.items():
            with transaction.atomic():
                make(slug, size)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
        report({slug: visitor(slug) for slug in SIZES})
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def report(visitors: dict[str, Client]) -> None:
    engine = "SQLite" if connection.vendor == "sqlite" else "PostgreSQL"
    for view, query in VIEWS.items():
        spent: dict[str, list[float]] = {slug: [] for slug in visitors}
        for _ in range(ROUNDS + 1):
            for slug, client in visitors.items():
                spent[slug].append(seconds(client, slug, query))
        small, large = (statistics.median(times[1:]) * 1000 for times in spent.values())
        note = f"{small:.1f} and {large:.1f} ms"
        tell(Figure(f"list page: {view}, {engine}", large / small, 2, 1.5, at_most=True, note=note))


if __name__ == "__main__":
    main()
