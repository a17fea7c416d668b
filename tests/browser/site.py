"""The API on an event loop in a thread of its own, because Playwright blocks the thread of the test."""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any, Self, TypeVar

from support.fakes.memory_storage import MemoryStorage
from support.running_api import RunningApi, running_api

_Answer = TypeVar("_Answer")


class Site:
    """Serves on loopback inside a `with` block; `run` awaits a coroutine on its loop."""

    def __init__(self, database_url: str, **settings: Any) -> None:
        self._database_url, self._settings = database_url, settings
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._opened = AsyncExitStack()
        self.storage = MemoryStorage()
        self.api: RunningApi
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        self.run(self._open())
        return self

    async def _open(self) -> None:
        running = running_api(self._database_url, storage=self.storage, **self._settings)
        self.api = await self._opened.enter_async_context(running)
        self.url = str(self.api.client.make_url("/")).rstrip("/")

    def run(self, work: Coroutine[Any, Any, _Answer]) -> _Answer:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def __exit__(self, *_: object) -> None:
        self.run(self._opened.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
