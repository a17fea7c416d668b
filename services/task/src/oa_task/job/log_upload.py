"""Uploads of an attempt's log while it grows, so that a killed container leaves its log."""

import asyncio
from pathlib import Path
from typing import Self

import structlog

from oa_shared.storage import Storage, StorageUnavailableError

log = structlog.get_logger()
EVERY_S = 5.0
MAX_BYTES = 5 * 1024 * 1024


class LogUpload:
    """Uploads the file every five seconds if it has grown, and once more at the end."""

    def __init__(self, storage: Storage, key: str, path: Path) -> None:
        self._storage = storage
        self._key = key
        self._path = path
        self._uploaded_bytes = -1
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._upload_repeatedly())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._upload()

    async def _upload_repeatedly(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            await self._upload()

    async def _upload(self) -> None:
        body = (await asyncio.to_thread(self._path.read_bytes))[-MAX_BYTES:]
        if len(body) == self._uploaded_bytes:
            return
        try:
            await self._storage.put_bytes(self._key, body, "application/jsonl")
            self._uploaded_bytes = len(body)
        except StorageUnavailableError as error:
            log.warning("log_not_uploaded", error=error.detail)
