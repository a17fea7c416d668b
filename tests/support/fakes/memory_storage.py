"""One bucket of S3 in memory."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from oa_shared.storage import ListedObject, StorageUnavailableError, StoredObject, UploadForm

_CHUNK_BYTES = 1 << 18


class MemoryStorage:
    """A bucket; `is_down` makes every call fail."""

    def __init__(self) -> None:
        self._objects: dict[str, tuple[bytes, str]] = {}
        self._dispositions: dict[str, str | None] = {}
        self.modified_at: dict[str, datetime] = {}
        self.is_down = False

    async def put_new(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> bool:
        self._check()
        if key in self._objects:
            return False
        await self.put_bytes(key, body, content_type)
        return True

    async def put_bytes(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        self._check()
        self._objects[key] = (body, content_type)
        self.modified_at[key] = datetime.now(UTC)

    async def put_file(self, key: str, path: Path, content_type: str = "application/octet-stream") -> None:
        await self.put_bytes(key, await asyncio.to_thread(path.read_bytes), content_type)

    async def put_new_file(
        self, key: str, path: Path, content_type: str = "application/octet-stream", *, disposition: str | None = None
    ) -> bool:
        body = await asyncio.to_thread(path.read_bytes)
        if key not in self._objects:
            await self.put_bytes(key, body, content_type)
            self._dispositions[key] = disposition
        return self._objects[key][0] == body

    async def get_bytes(self, key: str) -> bytes | None:
        self._check()
        return self._objects[key][0] if key in self._objects else None

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        self._check()
        if key not in self._objects or start >= len(self._objects[key][0]):
            raise StorageUnavailableError("nothing there")
        selected = self._objects[key][0][start : None if end is None else end + 1]
        for place in range(0, len(selected), _CHUNK_BYTES):
            yield selected[place : place + _CHUNK_BYTES]

    async def head(self, key: str) -> StoredObject | None:
        self._check()
        if key not in self._objects:
            return None
        body, content_type = self._objects[key]
        etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        return StoredObject(len(body), etag, content_type, self._dispositions.get(key))

    async def presign(self, key: str, expires_s: int, *, disposition: str | None = None) -> str:
        self._check()
        shown = f"&response-content-disposition={quote(disposition)}" if disposition else ""
        return f"memory:///{key}?expires={expires_s}{shown}"

    async def presign_post(self, key: str, *, content_type: str, max_bytes: int, expires_s: int) -> UploadForm:
        self._check()
        fields = {"key": key, "Content-Type": content_type, "max": str(max_bytes), "expires": str(expires_s)}
        return UploadForm("memory:///", fields)

    async def list_objects(self, prefix: str) -> AsyncIterator[ListedObject]:
        self._check()
        for key in sorted(self._objects):
            if key.startswith(prefix):
                yield ListedObject(key, len(self._objects[key][0]), self.modified_at[key])

    async def delete_many(self, keys: Sequence[str]) -> None:
        self._check()
        for key in keys:
            self._objects.pop(key, None)

    def _check(self) -> None:
        if self.is_down:
            raise StorageUnavailableError("away")
