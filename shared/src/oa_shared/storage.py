"""The port to an object store; `oa_shared.aws` implements it, `tests/support/fakes` has one in memory."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from oa_shared.errors import OaError


class StorageUnavailableError(OaError):
    """The object store did not answer or refused the call."""

    code = "storage.unavailable"
    title = "The object store is not available."
    retryable = True


@dataclass(frozen=True, slots=True)
class StoredObject:
    """The metadata of an object."""

    size_bytes: int
    etag: str
    content_type: str
    disposition: str | None = None


@dataclass(frozen=True, slots=True)
class ListedObject:
    """One object of a listing."""

    key: str
    size_bytes: int
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A form for posting one file: its URL and the fields that precede the file."""

    url: str
    fields: dict[str, str]


class Storage(Protocol):
    """One bucket. Every method raises StorageUnavailableError."""

    async def put_new(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> bool:
        """Write an object unless its key exists (If-None-Match: *); return whether it was written."""

    async def put_bytes(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        """Write an object, replacing an existing one."""

    async def put_file(self, key: str, path: Path, content_type: str = "application/octet-stream") -> None:
        """Write a file, as a multipart upload when it is large."""

    async def put_new_file(
        self, key: str, path: Path, content_type: str = "application/octet-stream", *, disposition: str | None = None
    ) -> bool:
        """Write a file unless its key exists; return whether the object has the bytes of the file.

        Responses with the object have the `Content-Disposition` that `disposition` is.
        """

    async def get_bytes(self, key: str) -> bytes | None:
        """Return the bytes of a small object; None when the key does not exist."""

    def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` to `end` in chunks; `end` is inclusive, None means the last byte."""

    async def head(self, key: str) -> StoredObject | None:
        """Return the metadata of an object; None when the key does not exist."""

    async def presign(self, key: str, expires_s: int, *, disposition: str | None = None) -> str:
        """Return a URL from which anyone can read the object for `expires_s` seconds.

        The response has the `Content-Disposition` that `disposition` is, by default that of the object.
        """

    async def presign_post(self, key: str, *, content_type: str, max_bytes: int, expires_s: int) -> UploadForm:
        """Return a form with which anyone can write this object, of this type and size, for `expires_s` seconds."""

    def list_objects(self, prefix: str) -> AsyncIterator[ListedObject]:
        """Yield every object below a key prefix, ordered by key."""

    async def delete_many(self, keys: Sequence[str]) -> None:
        """Delete objects; it is not an error if one does not exist."""
