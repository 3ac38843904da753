"""What the export of 100,000 keys takes: time, memory on top of what the process has, and the patience of a writer."""

import resource
import threading
import time

from django.db import connection, connections
from django.test import Client

from apikeys.models import APIKey
from tests.benchmarks.accounts import SIZES, scratch_database, visitor

SECONDS, MEBIBYTES, WAIT = 10, 100, 0.5


def download(client: Client, slug: str) -> float:
    """Return how long it takes; nothing of the file is kept."""
    begun = time.perf_counter()
    response = client.get(f"/accounts/{slug}/api-keys/export/")
    size = sum(map(len, response))
    spent = time.perf_counter() - begun
    print(f"{SIZES[slug]:>9,} keys: {spent:6.2f} s for {size / 2**20:.1f} MiB", flush=True)
    return spent


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
    print(f"{connection.vendor}: goal for 100,000 keys: {SECONDS} s, {MEBIBYTES} MiB, writes wait {WAIT} s at most\n")
    clients = {slug: visitor(slug) for slug in SIZES}
    download(clients["small"], "small")  # what is done once
    before = peak()
    spent = download(clients["large"], "large")
    grown = peak() - before
    waited = write_during(lambda: download(clients["large"], "large"))
    for what, figure, goal in [("s", spent, SECONDS), ("MiB more", grown, MEBIBYTES), ("s for a write", waited, WAIT)]:
        print(f"{figure:9.2f} {what:<16} {'ok' if figure <= goal else 'MISSED'}", flush=True)
    print()


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
