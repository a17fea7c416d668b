"""The child that builds a product: its outcomes, and no process or file left."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from oa_shared.storage import StorageUnavailableError
from oa_task.products import input_fetcher
from oa_task.products.child_process import PROGRAM
from oa_task.products.input_fetcher import FolderStorage
from oa_task.products.product_builder import build_product
from oa_task.runtime.failure import TaskFailure
from support.products import Bucket, address, plan


class StuckStorage(FolderStorage):
    """Streams the first file, then blocks or fails."""

    def __init__(self, folder: Path, *, error: bool) -> None:
        super().__init__(folder)
        self.error = error
        self.is_reading = asyncio.Event()

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        if not key.startswith("job/1/"):
            self.is_reading.set()
            if self.error:
                raise StorageUnavailableError("gone")
            await asyncio.Event().wait()
        async for chunk in super().stream(key):
            yield chunk


def children() -> list[psutil.Process]:
    """Return the children of this process that build products."""
    return [child for child in psutil.Process().children() if PROGRAM in child.cmdline()]


def plan_body(bucket: Bucket) -> bytes:
    several = [bucket.publish(f"us/{name}", [address("1", "A", 1, 2)]) for name in "xy"]
    return json.dumps(plan("export", several, formats=["csv"])).encode()


async def test_build_product_canceled_leaves_no_child_and_no_file(tmp_path: Path) -> None:
    bucket, out = Bucket(tmp_path / "bucket"), tmp_path / "out"
    body, storage = plan_body(bucket), StuckStorage(bucket.folder, error=False)
    await asyncio.to_thread(out.mkdir)
    working = asyncio.create_task(build_product(body, out, storage=storage, on_progress=lambda *_: None))
    await storage.is_reading.wait()
    assert len(children()) == 1
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert children() == []
    assert await asyncio.to_thread(lambda: list(out.iterdir())) == []


async def test_build_product_failing_storage_leaves_no_child_and_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_fetcher, "DELAYS_S", (0.0, 0.0))
    bucket, out = Bucket(tmp_path / "bucket"), tmp_path / "out"
    body, storage = plan_body(bucket), StuckStorage(bucket.folder, error=True)
    await asyncio.to_thread(out.mkdir)
    with pytest.raises(TaskFailure) as caught:
        await build_product(body, out, storage=storage, on_progress=lambda *_: None)
    assert caught.value.code == "infra.storage"
    assert children() == []
    assert await asyncio.to_thread(lambda: list(out.iterdir())) == []


async def test_build_product_killed_child_is_out_of_memory(tmp_path: Path) -> None:
    bucket, out = Bucket(tmp_path / "bucket"), tmp_path / "out"
    body, storage = plan_body(bucket), StuckStorage(bucket.folder, error=False)
    await asyncio.to_thread(out.mkdir)
    working = asyncio.create_task(build_product(body, out, storage=storage, on_progress=lambda *_: None))
    await storage.is_reading.wait()
    children()[0].kill()
    with pytest.raises(TaskFailure, match="SIGKILL") as caught:
        await working
    assert caught.value.code == "resource.out_of_memory"


async def test_build_product_reports_the_number_of_inputs_done(tmp_path: Path) -> None:
    bucket, out = Bucket(tmp_path / "bucket"), tmp_path / "out"
    await asyncio.to_thread(out.mkdir)
    reports: list[tuple[str, int, int | None]] = []
    await build_product(
        plan_body(bucket), out, storage=FolderStorage(bucket.folder), on_progress=lambda *values: reports.append(values)
    )
    assert [values for values in reports if values[0] == "inputs"] == [("inputs", 0, 2), ("inputs", 2, 2)]
