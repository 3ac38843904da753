"""Four servers as `make run` starts them, on one database and one cache, each of one process that can be killed."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import AsyncExitStack, ExitStack, suppress
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.db import connection

from .clients import Checks
from .proxy import Proxy
from .redis import Redis

BASE = Path(__file__).resolve().parents[2]
PORTS = 9  # in a row are what the bench takes


def first_free_port() -> int:
    """Return the first of as many ports in a row that nobody listens at. Two that look at once begin apart."""
    for number in range(100):
        first = 8021 + PORTS * ((os.getpid() + number) % 100)
        with suppress(OSError), ExitStack() as stack:
            for port in range(first, first + PORTS):
                stack.enter_context(socket.create_server(("127.0.0.1", port)))
            return first
    raise OSError("No ports are free")


FIRST_PORT = first_free_port()
MAIL, DATABASE, CACHE, CACHE_ITSELF, SPARE = (FIRST_PORT + number for number in range(4, 9))
# The command of `make run`, whatever it is by now.
COMMAND = re.search(r"\$\(BIN\)/uvicorn (config.*?) \|\|", (BASE / "Makefile").read_text())[1]
# What the bench starts ends with it, also when it is killed.
LEASH = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []


class Servers:
    """`database` and `redis` are ways that can be cut; on SQLite there is no way to the database."""

    def __init__(self) -> None:
        self.is_sqlite = connection.vendor == "sqlite"
        self.ports = [FIRST_PORT + number for number in range(4)]
        self.processes: dict[int, subprocess.Popen] = {}
        self.database: Proxy | None = None

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            stack.callback(self._end)
            self.redis = await stack.enter_async_context(Redis(CACHE, CACHE_ITSELF))
            if not self.is_sqlite:
                there = connection.settings_dict
                way = Proxy(DATABASE, there["HOST"], int(there["PORT"] or 5432))
                self.database = await stack.enter_async_context(way)
            self.check = await stack.enter_async_context(Checks(self.ports))
            for port in self.ports:
                if await self.check.once(port, "", ""):
                    raise RuntimeError(f"Port {port} was taken meanwhile.")
                self.start(port)
            await asyncio.gather(*map(self.ready, self.ports))
            self.stack = stack.pop_all()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self.stack.__aexit__(*error)

    def start(self, port: int, **environment: str) -> None:
        command = shlex.split(COMMAND.replace("$(PORT)", str(port)).replace("$(FORWARDED_ALLOW_IPS)", ""))
        with self.log(port).open("ab") as log:
            self.processes[port] = subprocess.Popen(
                [*LEASH, sys.executable, "-m", "uvicorn", *command],
                cwd=BASE,
                env=self.environment | environment,
                stdout=log,
                stderr=log,
            )

    async def ready(self, port: int) -> None:
        """Wait until the server of this port answers."""
        while self.processes[port].poll() is None:
            if await self.check.once(port, "", "") == 401:
                return
            await asyncio.sleep(0.05)
        raise RuntimeError(f"The server did not start:\n{self.log(port).read_text()[-2000:]}")

    def kill(self, port: int) -> None:
        process = self.processes.pop(port)
        process.kill()
        process.wait()

    async def restart(self, port: int, **environment: str) -> None:
        """Ask the server to end, wait until it has, and start it again."""
        self.processes[port].send_signal(signal.SIGTERM)
        await asyncio.to_thread(self.processes[port].wait)
        self.start(port, **environment)
        await self.ready(port)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "tests.stress.settings",
            "SECRET_KEY": settings.SECRET_KEY,
            "DATA_DIR": str(settings.DATA_DIR),
            "DATABASE_URL": self._database_url,
            "CACHE_URL": self.redis.url if self.redis.url and not self.is_sqlite else "dbcache://cache",
            "LOG_LEVEL": "WARNING",
            "MALLOC_ARENA_MAX": "2",
        }

    @property
    def _database_url(self) -> str:
        there = connection.settings_dict
        if self.database is None:
            return f"sqlite:///{there['NAME']}"
        return f"postgres://{there['USER']}:{there['PASSWORD']}@127.0.0.1:{self.database.port}/{there['NAME']}"

    def log(self, port: int) -> Path:
        return Path(settings.DATA_DIR) / f"server-{port}.log"

    def logged(self, text: str) -> int:
        """Count the lines of all servers that hold this text."""
        logs = (self.log(port).read_text(errors="replace") for port in self.ports)
        return sum(text in line for log in logs for line in log.splitlines())

    def _end(self) -> None:
        for port in list(self.processes):
            self.kill(port)
