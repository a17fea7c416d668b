"""A client of server-sent events that, like a browser, keeps the last ID and can reconnect with it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestClient

_WITHIN_S = 60


@dataclass
class SentEvent:
    """One received event."""

    name: str
    data: Any


@dataclass
class EventStream:
    """An open stream; `last_id` is the ID with which a browser would reconnect."""

    content: aiohttp.StreamReader
    last_id: str = ""
    comments: list[str] = field(default_factory=list)
    retry_ms: int | None = None

    async def next(self, *names: str) -> SentEvent:
        """Return the next event, with one of these names if any are given."""
        async with asyncio.timeout(_WITHIN_S):
            while True:
                sent = await self._block()
                if sent is not None and (not names or sent.name in names):
                    return sent

    async def _block(self) -> SentEvent | None:
        name, data = "message", ""
        while line := (await self._line()):
            word, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if not word:
                self.comments.append(value)
            elif word == "id":
                self.last_id = value
            elif word == "event":
                name = value
            elif word == "data":
                data += value
            elif word == "retry":
                self.retry_ms = int(value)
        return SentEvent(name, json.loads(data)) if data else None

    async def _line(self) -> str:
        line = await self.content.readline()
        if not line:
            raise EOFError
        return line.decode().rstrip("\n")


@asynccontextmanager
async def open_stream(
    client: TestClient[web.Request, web.Application], path: str = "/api/events", *, last_id: str = ""
) -> AsyncIterator[EventStream]:
    """Open a stream, which resumes after `last_id` if it is given."""
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last_id} if last_id else {})
    async with client.get(path, headers=headers, timeout=aiohttp.ClientTimeout(total=None)) as response:
        assert response.status == 200, await response.text()
        assert response.content_type == "text/event-stream"
        yield EventStream(response.content, last_id)
