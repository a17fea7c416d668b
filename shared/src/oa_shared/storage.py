"""What the services ask of an object store; `oa_shared.aws` has the real one, `tests/fakes` one in memory."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from oa_shared.errors import OaError


class StorageUnavailableError(OaError):
    """The object store cannot be reached, or refused the call."""

    code = "storage.unavailable"
    title = "The object store is not available."
    retryable = True


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What the store says about an object, without its bytes."""

    size_bytes: int
    etag: str
    content_type: str


class Storage(Protocol):
    """One bucket. Every method raises StorageUnavailableError."""

    async def put_new(self, key: str, body: bytes) -> bool:
        """Write only if nothing is there (If-None-Match: *); False when somebody was first."""

    async def put_bytes(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        """Write, over what was there."""

    async def put_file(self, key: str, path: Path, content_type: str = "application/octet-stream") -> None:
        """Write a file's bytes, in parts when it is large."""

    async def get_bytes(self, key: str) -> bytes | None:
        """Read a small object; None when there is none."""

    def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Read bytes `start` to `end` (inclusive, None: the last) in chunks."""

    async def head(self, key: str) -> StoredObject | None:
        """Look without reading; None when there is none."""

    async def presign(self, key: str, expires_s: int) -> str:
        """Return an address from which anyone may read the object for a while."""
