"""The fetcher verifies inputs, fetches a few ahead, and removes them after use."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from oa_shared.storage import StorageUnavailableError
from oa_task.products import input_fetcher
from oa_task.products.input_fetcher import FolderStorage, InputFetcher, InputFile
from oa_task.runtime.failure import TaskFailure
from support.fakes.memory_storage import MemoryStorage


class MemoryInputs(MemoryStorage):
    """The inputs of a plan in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.announced: list[str] = []

    def announce(self, keys: Sequence[str]) -> None:
        self.announced = list(keys)


def input_file(key: str, body: bytes) -> InputFile:
    return InputFile(key, hashlib.sha256(body).hexdigest(), len(body))


async def test_input_fetcher_keeps_only_a_few_files(tmp_path: Path) -> None:
    storage = MemoryInputs()
    bodies = [bytes([number]) * 10 for number in range(8)]
    for number, body in enumerate(bodies):
        await storage.put_bytes(f"job/{number}", body)
    fetcher = InputFetcher(
        [input_file(f"job/{number}", body) for number, body in enumerate(bodies)], storage, tmp_path / "in"
    )
    read, most = [], 0
    async for path in fetcher.fetch_all():
        most = max(most, len(list((tmp_path / "in").iterdir())))
        read.append(path.read_bytes())
        fetcher.release(str(path))
    assert read == bodies
    assert storage.announced == [f"job/{number}" for number in range(8)]
    assert most <= input_fetcher.AHEAD + 1


async def test_input_fetcher_waits_for_a_release(tmp_path: Path) -> None:
    storage = MemoryInputs()
    await storage.put_bytes("x", b"1")
    paths = InputFetcher([input_file("x", b"1")] * 5, storage, tmp_path / "in").fetch_all()
    for _ in range(input_fetcher.AHEAD + 1):
        await anext(paths)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await anext(paths)


@pytest.mark.parametrize("body", [b"other", b"longer than that"])
async def test_input_fetcher_other_bytes_fail(tmp_path: Path, body: bytes) -> None:
    storage = MemoryInputs()
    await storage.put_bytes("x", body)
    with pytest.raises(TaskFailure, match=rf"^x .*{hashlib.sha256(b'bytes').hexdigest()}") as caught:
        await anext(InputFetcher([input_file("x", b"bytes")], storage, tmp_path / "in").fetch_all())
    assert caught.value.code == "infra.storage"


async def test_input_fetcher_missing_file_is_retried_then_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_fetcher, "DELAYS_S", (0.0, 0.0))
    with pytest.raises(TaskFailure, match=r"^gone .*nothing there") as caught:
        await anext(InputFetcher([input_file("gone", b"")], MemoryInputs(), tmp_path / "in").fetch_all())
    assert caught.value.code == "infra.storage"


class InterruptedStorage(MemoryInputs):
    """Fails in the middle of the first read."""

    def __init__(self) -> None:
        super().__init__()
        self.times = 0

    async def stream(self, *_: object) -> AsyncIterator[bytes]:
        self.times += 1
        yield b"half"
        if self.times == 1:
            raise StorageUnavailableError("dropped")
        yield b"-whole"


async def test_input_fetcher_interrupted_file_starts_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_fetcher, "DELAYS_S", (0.0, 0.0))
    path = await anext(
        InputFetcher([input_file("x", b"half-whole")], InterruptedStorage(), tmp_path / "in").fetch_all()
    )
    assert path.read_bytes() == b"half-whole"


async def test_folder_storage_reads_files_and_raises_for_a_missing_one(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"0123456789")
    storage = FolderStorage(tmp_path)
    assert b"".join([chunk async for chunk in storage.stream("x")]) == b"0123456789"
    with pytest.raises(StorageUnavailableError, match="FileNotFoundError"):
        await anext(storage.stream("y"))
