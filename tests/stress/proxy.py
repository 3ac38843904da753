"""A way to a server that can be cut, slowed, or lose the answers."""

from __future__ import annotations

import asyncio
from typing import Any


class Proxy:
    """Listens on `port`, leads to `host:to`. `is_cut`, `delay` and `loses_answers` act from now on."""

    def __init__(self, port: int, host: str, to: int) -> None:
        self.port, self._there = port, (host, to)
        self.is_cut, self.loses_answers, self.delay = False, False, 0.0
        self.answers_lost = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._ways: set[asyncio.Task] = set()

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *error: Any) -> None:
        self._server.close()
        self.cut()
        await asyncio.gather(*self._ways, return_exceptions=True)

    def cut(self) -> None:
        """End all connections, and refuse new ones until `mend`."""
        self.is_cut = True
        for end in self._open:
            end.transport.abort()

    def mend(self) -> None:
        self.is_cut = False

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_cut:
            writer.transport.abort()
            return
        way = asyncio.create_task(self._lead(reader, writer))
        self._ways.add(way)
        way.add_done_callback(self._ways.discard)

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answers, questions = await asyncio.open_connection(*self._there)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, questions}
        try:
            await asyncio.gather(self._pass_on(reader, questions), self._pass_on(answers, writer, are_answers=True))
        finally:
            for end in (writer, questions):
                end.transport.abort()
                self._open.discard(end)

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, are_answers: bool = False
    ) -> None:
        try:
            while data := await reader.read(65536):
                await asyncio.sleep(self.delay) if self.delay else None
                if are_answers and self.loses_answers:
                    self.answers_lost += 1
                    break
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.transport.abort() if are_answers or self.is_cut else writer.close()
