"""The input files of a product: fetched from the bucket a few ahead, verified, and removed after use."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol

import structlog

from oa_shared.retrying import retrying
from oa_shared.storage import StorageUnavailableError
from oa_task.results.checksums import FileFacts
from oa_task.runtime.failure import TaskFailure

log = structlog.get_logger()
AHEAD = 2
DELAYS_S = (1.0, 2.0)
_CHUNK_BYTES = 1 << 20
_MAX_LOGGED = 200


class ReadableStorage(Protocol):
    """The storage of the inputs of a product."""

    def announce(self, keys: Sequence[str]) -> None:
        """Take note of the objects that will be read, in this order."""

    def stream(self, key: str) -> AsyncIterator[bytes]:
        """Read an object in chunks. Raises StorageUnavailableError."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file to fetch; `sha256` and `size_bytes` are None if the plan does not have them."""

    key: str
    sha256: str | None = None
    size_bytes: int | None = None


class InputFetcher:
    """Fetches files into a folder, in order; the folder has at most AHEAD + 1 of them at a time.

    `facts` has the size and the digest of each file that was fetched, by key.
    """

    def __init__(self, files: Sequence[InputFile], storage: ReadableStorage, folder: Path) -> None:
        self._files = files
        self._storage = storage
        self._folder = folder
        self._room = asyncio.Semaphore(AHEAD + 1)
        self._waiting: dict[str, Path] = {}
        self.facts: dict[str, FileFacts] = {}

    async def fetch_all(self) -> AsyncIterator[Path]:
        """Yield each file once it is complete; the next one waits for room. Raises TaskFailure infra.storage."""
        await asyncio.to_thread(self._folder.mkdir, parents=True)
        self._storage.announce([file.key for file in self._files])
        for index, file in enumerate(self._files):
            await self._room.acquire()
            path = self._folder / str(index)
            await self._fetch(file, path)
            self._waiting[str(path)] = path
            yield path

    def release(self, used: str) -> None:
        """Remove a file after its use. A path that names no file of this fetcher, which has none waiting, is left."""
        path = self._waiting.pop(used, None)
        if path is None:
            log.warning("input_not_known", path=used[:_MAX_LOGGED])
            return
        path.unlink()
        self._room.release()

    async def _fetch(self, file: InputFile, path: Path) -> None:
        def log_retry(error: StorageUnavailableError, attempt: int) -> None:
            log.warning("input_not_fetched", key=file.key, error=error.detail, attempt=attempt)

        try:
            await retrying(
                partial(self._read, file, path), DELAYS_S, on=StorageUnavailableError, before_retry=log_retry
            )
        except StorageUnavailableError as error:
            raise TaskFailure("infra.storage", f"{file.key} cannot be read: {error.detail}") from error

    async def _read(self, file: InputFile, path: Path) -> None:
        digest, size_bytes = hashlib.sha256(), 0
        with await asyncio.to_thread(path.open, "wb") as target:
            async for chunk in self._storage.stream(file.key):
                size_bytes += len(chunk)
                if file.size_bytes is not None and size_bytes > file.size_bytes:
                    raise _mismatch(file, f"more than {file.size_bytes:,} bytes")
                await asyncio.to_thread(_append, target, digest, chunk)
        if file.sha256 is not None and digest.hexdigest() != file.sha256:
            raise _mismatch(file, f"{size_bytes:,} bytes with the SHA-256 {digest.hexdigest()}")
        self.facts[file.key] = {"bytes": size_bytes, "sha256": digest.hexdigest()}


class FolderStorage:
    """Keys as files in a folder, for use without a bucket."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def announce(self, keys: Sequence[str]) -> None:
        """Take no note: files need no preparation."""

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """Read a file in chunks. Raises StorageUnavailableError."""
        try:
            with await asyncio.to_thread((self._folder / key).open, "rb") as file:
                while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
                    yield chunk
        except OSError as error:
            raise StorageUnavailableError(f"{type(error).__name__}: {error}") from error


def _append(target: BinaryIO, digest: "hashlib._Hash", chunk: bytes) -> None:
    digest.update(chunk)
    target.write(chunk)


def _mismatch(file: InputFile, actual: str) -> TaskFailure:
    text = f"{file.key} differs from the plan: {actual} instead of SHA-256 {file.sha256}; create the plan again"
    return TaskFailure("infra.storage", text)
