"""How fast the check is, against Django itself and against its peers, on the engine that the environment names.

Each contender has a server of its own on one core; the load, and PostgreSQL, have the other. They take turns round by
round, and only ratios of one round count: figures are medians of those.
"""

import http.client
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection

from apikeys.models import Account, Actor, APIKey, Plaintext

from .figures import Figure, tell

ROUNDS, SECONDS = int(os.environ.get("ROUNDS", "7")), int(os.environ.get("SECONDS", "2"))
KEYS, CONNECTIONS = 200, 64
SERVER, LOAD = min(os.sched_getaffinity(0)), max(os.sched_getaffinity(0))
HERE = Path(__file__).parent
WORK = Path(tempfile.mkdtemp(prefix="apikeys-bench-"))
UVICORN = [sys.executable, "-m", "uvicorn", "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
UVICORN += ["--log-level", "warning", "--no-server-header"]
ON_POSTGRESQL = connection.vendor == "postgresql"
ENGINE = "PostgreSQL" if ON_POSTGRESQL else "SQLite"


class Load:
    """What one contender is asked in turn."""

    def __init__(self, name: str, lines: Iterable[str]) -> None:
        self.path = WORK / name
        self.path.write_text("".join(f"{line}\n" for line in lines))
        self.port = 0

    def warm(self) -> None:
        """Ask everything once: what was never asked costs an Argon2."""
        client = http.client.HTTPConnection("127.0.0.1", self.port)
        for line in self.path.read_text().splitlines():
            address, *headers = line.split("\t")
            client.request("GET", address, headers=dict(header.split(": ", 1) for header in headers))
            client.getresponse().read()

    def started(self) -> subprocess.Popen:
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", HERE / "requests.lua"]
        command += [f"http://127.0.0.1:{self.port}", "--", self.path]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: pin(LOAD))

    def rate(self, *, beside: "Load | None" = None) -> float:
        """Return the answers a second, with those of another load at the same time."""
        running = [(load.started(), load) for load in (self, beside) if load]
        return sum(answers(wrk, load) for wrk, load in running)


def answers(wrk: subprocess.Popen, load: Load) -> float:
    out = wrk.communicate()[0]
    requests, microseconds, refused, lost, _p99 = map(int, out.partition("RESULT ")[2].split())
    if lost or refused != (requests if load.path.name == "invented" else 0):
        sys.exit(f"{load.path.name}: {refused} refused, {lost} lost\n{out}")
    return requests / microseconds * 1e6


def pin(core: int, process: int = 0) -> None:
    os.sched_setaffinity(process, {core})


@contextmanager
def server(command: list[str], **variables: str) -> Iterable[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environ = {**os.environ, **variables}
    log = (WORK / "servers.log").open("a")
    command = [*command, "--port", str(port)]
    process = subprocess.Popen(command, env=environ, stdout=log, stderr=log, preexec_fn=lambda: pin(SERVER))
    try:
        wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def wait_for(port: int, process: subprocess.Popen) -> None:
    while process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    sys.exit((WORK / "servers.log").read_text())


def make_keys() -> list[str]:
    """Return a request for each of the keys: two roles each, as usual."""
    account = Account.objects.create(slug="acme", name="acme")
    roles = Group.objects.all()[:2]
    keys = (APIKey.generate(account, f"Key {number}", roles=roles, by=Actor()) for number in range(KEYS))
    return [asking(key.key, plaintext) for key, plaintext in keys]


def asking(key: str, plaintext: str) -> str:
    return f"/api/verify\tX-VTEX-API-AppKey: {key}\tX-VTEX-API-AppToken: {plaintext}"


def product() -> dict[str, str]:
    """The environment in which a server of the product works on the scratch database."""
    database = connection.settings_dict
    url = f"sqlite:///{database['NAME']}"
    if ON_POSTGRESQL:
        url = os.environ["TEST_DATABASE_URL"].rpartition("/")[0] + "/" + database["NAME"]
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": secrets.token_hex(32),
        "DATABASE_URL": url,
        "DATA_DIR": str(WORK),
        "CACHE_URL": "dbcache://cache",
        "LOG_LEVEL": "WARNING",
    }


def contenders(requests: list[str], stack: ExitStack) -> dict[str, Load]:
    """Start a server for each, and return what it is asked."""
    keys = [line.partition("\t")[2] for line in requests]
    check = stack.enter_context(server([*UVICORN, "config.asgi:application"], **product()))
    loads = {
        "check": (check, requests),
        "invented": (check, [asking(line.split()[2], Plaintext.random()) for line in requests]),
    }
    for view, threads in [("empty", "1"), ("select", "4" if ON_POSTGRESQL else "1")]:
        bare = server(
            [*UVICORN, "--lifespan", "off", "tests.benchmarks.bare:application"], **product(), THREADS=threads
        )
        loads[view] = stack.enter_context(bare), [f"/{view}\t{key}" for key in keys]
    if not ON_POSTGRESQL and "PEERS" in os.environ:
        loads |= peers(stack)
    started = {}
    for name, (port, lines) in loads.items():
        started[name] = Load(name, lines)
        started[name].port = port
    return started


def peers(stack: ExitStack) -> dict[str, tuple[int, list[str]]]:
    python = os.environ["PEERS"]
    variables = {"PEERS_DATABASE": str(WORK / "peers.sqlite3"), "PYTHONPATH": str(HERE)}
    environ = {**os.environ, **variables}
    filled = subprocess.run([python, HERE / "peers.py"], env=environ, stdout=subprocess.PIPE, text=True, check=True)
    granian = [python, "-m", "granian", "--interface", "wsgi", "--blocking-threads", "1", "--no-access-log"]
    port = stack.enter_context(server([*granian, "peers:application"], **variables))
    lines = filled.stdout.splitlines()
    names = sorted({line.partition("\t")[0][1:] for line in lines})
    return {name: (port, [line for line in lines if line.startswith(f"/{name}\t")]) for name in names}


def pin_database() -> None:
    """Put the backends of PostgreSQL beside the load, where that is allowed."""
    with connection.cursor() as cursor, suppress(PermissionError):
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        for (process,) in cursor.fetchall():
            pin(LOAD, process)


def measure(loads: dict[str, Load]) -> dict[str, list[float]]:
    """Return the rates of each contender, round by round."""
    contests: dict[str, Callable[[], float]] = {name: load.rate for name, load in loads.items() if name != "invented"}
    contests["flood"] = lambda: loads["check"].rate(beside=loads["invented"])
    rates: dict[str, list[float]] = {name: [] for name in contests}
    for load in loads.values():
        load.warm()
    for number in range(ROUNDS + 1):
        for name, rate in contests.items():
            rates[name].append(rate())
        if number == 0 and ON_POSTGRESQL:
            pin_database()
    # The first round warms up: proofs, connections, plans.
    return {name: found[1:] for name, found in rates.items()}


def report(rates: dict[str, list[float]]) -> None:
    def ratio(of: str, to: str) -> float:
        return statistics.median(a / b for a, b in zip(rates[of], rates[to], strict=True))

    for name, found in rates.items():
        tell(Figure(f"{name}, {ENGINE}: requests a second", statistics.median(found)))
    tell(
        Figure(
            f"check / empty Django view, {ENGINE}",
            ratio("check", "empty"),
            *((None, None) if ON_POSTGRESQL else (4, 7)),
        )
    )
    goals = (3, 5) if ON_POSTGRESQL else (4, 8)
    tell(Figure(f"check / bare view with one SELECT, {ENGINE}", ratio("check", "select"), *goals))
    others = set(rates) - {"check", "empty", "select", "flood"}
    if others:
        fastest = max(others, key=lambda name: statistics.median(rates[name]))
        tell(Figure(f"check / fastest peer package, {ENGINE}", ratio("check", fastest), 8, 15, note=fastest))
    flooded = ratio("flood", "check")
    tell(Figure(f"accepted and refused under a flood / no flood, {ENGINE}", flooded, 0.8, 0.9))


def refusals(port: int, request: str) -> float:
    """Return how far apart, in ms, the medians of the kinds of refusal are."""
    key, plaintext = (field.partition(": ")[2] for field in request.split("\t")[1:])
    kinds = {
        "unknown key": ("vtexappkey-acme-ZZZZZZ", plaintext),
        "unknown token": (key, Plaintext.random()),
        "malformed token": (key, plaintext[:-1]),
        "no headers": ("", ""),
    }
    spent: dict[str, list[float]] = {kind: [] for kind in kinds}
    client = http.client.HTTPConnection("127.0.0.1", port)
    for _ in range(1000):
        for kind, (sent_key, token) in kinds.items():
            begun = time.perf_counter()
            client.request("GET", "/api/verify", headers={"X-VTEX-API-AppKey": sent_key, "X-VTEX-API-AppToken": token})
            client.getresponse().read()
            spent[kind].append(time.perf_counter() - begun)
    medians = [statistics.median(times) * 1000 for times in spent.values()]
    return max(medians) - min(medians)


def main() -> None:
    name = settings.DATABASES["default"]["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        requests = make_keys()
        with ExitStack() as stack:
            loads = contenders(requests, stack)
            report(measure(loads))
            apart = refusals(loads["check"].port, requests[0])
            tell(Figure(f"medians of the kinds of refusal, ms apart, {ENGINE}", apart, 1, 0.2, at_most=True))
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


if __name__ == "__main__":
    main()
