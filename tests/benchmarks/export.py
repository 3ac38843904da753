"""What the export of 100,000 keys takes: time, memory on top of what the process has, and the patience of a writer."""

import resource
import threading
import time

from django.db import connection, connections
from django.test import Client

from .accounts import SIZES, APIKey, scratch_database, visitor
from .figures import Figure, tell

SECONDS, MEBIBYTES, WAIT = 10, 100, 0.5


def download(client: Client, slug: str) -> float:
    """Return how long it takes; nothing of the file is kept."""
    begun = time.perf_counter()
    for _piece in client.get(f"/accounts/{slug}/api-keys/export/"):
        pass
    return time.perf_counter() - begun


def peak() -> float:
    """Return the most memory that the process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def longest_write(until: threading.Event) -> float:
    """Return how long the slowest of many writes took that were made meanwhile."""
    slowest, key = 0.0, APIKey.objects.filter(account__slug="small")[:1].get()
    while not until.wait(0.05):
        begun = time.perf_counter()
        APIKey.objects.filter(pk=key.pk).update(name=f"written {begun}")
        slowest = max(slowest, time.perf_counter() - begun)
    connections.close_all()
    return slowest


def report() -> None:
    clients = {slug: visitor(slug) for slug in SIZES}
    download(clients["small"], "small")  # what is done once
    before = peak()
    spent = download(clients["large"], "large")
    grown = peak() - before
    waited = write_during(lambda: download(clients["large"], "large"))
    engine = "SQLite" if connection.vendor == "sqlite" else "PostgreSQL"
    for what, figure, goal in [
        ("seconds", spent, SECONDS),
        ("MiB more memory", grown, MEBIBYTES),
        ("seconds that a write waits meanwhile", waited, WAIT),
    ]:
        tell(Figure(f"export of 100,000 keys: {what}, {engine}", figure, goal, at_most=True))


def write_during(act) -> float:
    waits, done = [], threading.Event()
    writer = threading.Thread(target=lambda: waits.append(longest_write(done)))
    writer.start()
    act()
    done.set()
    writer.join()
    return waits[0]


if __name__ == "__main__":
    with scratch_database():
        report()
