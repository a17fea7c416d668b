"""What the services ask of an object store; `oa_shared.aws` has the real one, `tests/fakes` one in memory."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
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


@dataclass(frozen=True, slots=True)
class ListedObject:
    """One object of a listing."""

    key: str
    size_bytes: int
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class UploadForm:
    """Where a browser or a program posts one file as a form, and the fields that go before it."""

    url: str
    fields: dict[str, str]


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

    async def presign_post(self, key: str, *, content_type: str, max_bytes: int, expires_s: int) -> UploadForm:
        """Return a form with which anyone may write this one object, of this type and size, for a while."""

    def listed(self, prefix: str) -> AsyncIterator[ListedObject]:
        """Give every object whose key begins so, in the order of their keys."""

    async def delete_many(self, keys: Sequence[str]) -> None:
        """Remove objects; those that are not there count as removed."""
