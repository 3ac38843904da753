"""What Prometheus reads at /metrics. No label names a key, an account or a person. docs/operations.md: the alerts."""

from __future__ import annotations

import os
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

checks = Counter("apikeys_checks", "Answers of /api/verify", ["outcome"])
events = Counter("apikeys_events", "Actions on keys, as their history tells them", ["action"])
argon2_running = Gauge("apikeys_argon2_running", "Argon2 hashes at work", multiprocess_mode="livesum")
argon2_waiting = Gauge("apikeys_argon2_waiting", "Argon2 hashes that wait", multiprocess_mode="livesum")
argon2_refused = Counter("apikeys_argon2_refused", "Checks refused because too many were waiting")
requests = Histogram(
    "apikeys_request_seconds",
    "Time to answer a request, by its route",
    ["view", "status"],
    buckets=[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
)


def exposition() -> bytes:
    """Return the metrics of this process, or of all that share PROMETHEUS_MULTIPROC_DIR, in Prometheus' text format."""
    directory = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if not directory:
        return generate_latest(REGISTRY)
    _forget_the_dead(Path(directory))
    together = CollectorRegistry()
    MultiProcessCollector(together, directory)  # type: ignore[no-untyped-call]
    return generate_latest(together)


def _forget_the_dead(directory: Path) -> None:
    """Of a worker that was killed its counts stay, but nothing of it runs or waits any more."""
    for file in directory.glob("gauge_live*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if not Path("/proc", pid).exists():
            mark_process_dead(pid, str(directory))  # type: ignore[no-untyped-call]
