"""How the list page grows: each view of an account with 100,000 keys, against the same of one with 1,000.

They take turns.
"""

import os
import statistics
import sys
import time

from django.db import connection
from django.test import Client

from .accounts import SIZES, scratch_database, visitor
from .figures import Figure, tell

ROUNDS = int(os.environ.get("ROUNDS", "11"))
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


def seconds(client: Client, slug: str, query: str) -> float:
    begun = time.perf_counter()
    response = client.get(f"/accounts/{slug}/api-keys/?{query.format(last=SIZES[slug] // 25)}")
    spent = time.perf_counter() - begun
    if response.status_code != 200:
        sys.exit(f"{query}: {response.status_code}")
    return spent


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
    with scratch_database():
        report({slug: visitor(slug) for slug in SIZES})
