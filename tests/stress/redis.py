"""A Redis of the bench's own, that can be stopped, slowed and put back to an earlier time."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import redis

from .proxy import Proxy


class Redis:
    """`url` leads through `way`. There is none where redis-server is not installed."""

    def __init__(self, port: int, to: int) -> None:
        self.command = shutil.which("redis-server")
        self.url = f"redis://127.0.0.1:{port}/0" if self.command else ""
        self.way = Proxy(port, "127.0.0.1", to)
        self._to = to
        self.dump = Path(tempfile.mkdtemp(prefix="apikeys-redis-")) / "dump.rdb"

    async def __aenter__(self) -> Redis:
        if self.command:
            await self.start()
            await self.way.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        if self.command:
            await self.way.__aexit__(*error)
            self.stop()
        shutil.rmtree(self.dump.parent, ignore_errors=True)

    async def start(self) -> None:
        from .servers import LEASH

        options = ["--port", str(self._to), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.dump.parent)]
        self._process = subprocess.Popen([*LEASH, self.command, *options], stdout=subprocess.DEVNULL)
        while not self._answers():
            await asyncio.sleep(0.05)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def ask(self, *command: str) -> Any:
        with redis.Redis(port=self._to) as client:
            return client.execute_command(*command)

    def _answers(self) -> bool:
        try:
            return bool(self.ask("PING"))
        except redis.RedisError:
            return False
