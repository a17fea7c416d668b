"""The files that a product is made of, brought from the bucket a few ahead, checked, and removed after use."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import structlog

from oa_shared.storage import StorageUnavailableError
from oa_task.runtime.failure import TaskFailure

log = structlog.get_logger()
AHEAD = 2
_TRIES = 3
_FIRST_PAUSE_S = 1.0


class ReadableStorage(Protocol):
    """The part of a `Storage` that is needed here."""

    def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Read an object in chunks. Raises StorageUnavailableError."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file to bring; `sha256` and `size_bytes` are None where nobody noted them."""

    key: str
    sha256: str | None = None
    size_bytes: int | None = None


class InputFetcher:
    """Brings files into a folder, in order; at most AHEAD + 1 of them lie there at once."""

    def __init__(self, wanted: Sequence[InputFile], storage: ReadableStorage, folder: Path) -> None:
        self._wanted = wanted
        self._storage = storage
        self._folder = folder
        self._room = asyncio.Semaphore(AHEAD + 1)

    async def fetched(self) -> AsyncIterator[Path]:
        """Yield each file once it is whole; the next one waits for room. Raises TaskFailure infra.storage."""
        await asyncio.to_thread(self._folder.mkdir, parents=True)
        for place, wanted in enumerate(self._wanted):
            await self._room.acquire()
            path = self._folder / str(place)
            await self._fetch(wanted, path)
            yield path

    def release(self, path: Path) -> None:
        """Remove a file that was used."""
        path.unlink()
        self._room.release()

    async def _fetch(self, wanted: InputFile, path: Path) -> None:
        for attempt in range(1, _TRIES + 1):
            try:
                await self._read(wanted, path)
            except StorageUnavailableError as error:
                if attempt == _TRIES:
                    raise TaskFailure("infra.storage", f"{wanted.key} cannot be read: {error.detail}") from error
                log.warning("input_not_fetched", key=wanted.key, error=error.detail, attempt=attempt)
                await asyncio.sleep(_FIRST_PAUSE_S * 2 ** (attempt - 1))
            else:
                return

    async def _read(self, wanted: InputFile, path: Path) -> None:
        digest, size_bytes = hashlib.sha256(), 0
        with await asyncio.to_thread(path.open, "wb") as file:
            async for chunk in self._storage.stream(wanted.key):
                size_bytes += len(chunk)
                if wanted.size_bytes is not None and size_bytes > wanted.size_bytes:
                    raise _other_bytes(wanted, f"more than {wanted.size_bytes:,} bytes")
                await asyncio.to_thread(_append, file, digest, chunk)
        if wanted.sha256 is not None and digest.hexdigest() != wanted.sha256:
            raise _other_bytes(wanted, f"{size_bytes:,} bytes with the SHA-256 {digest.hexdigest()}")


class FolderStorage:
    """Keys as files below a folder: for people without a bucket."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Read a file in chunks. Raises StorageUnavailableError."""
        try:
            with await asyncio.to_thread((self._folder / key).open, "rb") as file:
                await asyncio.to_thread(file.seek, start)
                left = (end + 1 - start) if end is not None else -1
                while left and (chunk := await asyncio.to_thread(file.read, _chunk_bytes(left))):
                    left = left - len(chunk) if left > 0 else left
                    yield chunk
        except OSError as error:
            raise StorageUnavailableError(f"{type(error).__name__}: {error}") from error


def _chunk_bytes(left: int) -> int:
    most = 1 << 20
    return most if left < 0 else min(left, most)


def _append(file: BinaryIO, digest: "hashlib._Hash", chunk: bytes) -> None:
    digest.update(chunk)
    file.write(chunk)


def _other_bytes(wanted: InputFile, found: str) -> TaskFailure:
    text = f"{wanted.key} is not what the plan names: {found}, not SHA-256 {wanted.sha256}; plan it again"
    return TaskFailure("infra.storage", text)
