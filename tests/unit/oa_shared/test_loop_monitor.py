"""The blocking detector counts callbacks above 50 ms, keeps the longest and names it."""

import asyncio
import time
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from oa_shared.loop_monitor import LoopMonitor
from oa_shared.metrics import LONGEST_LOOP_BLOCK_S, LOOP_BLOCKS


@pytest.fixture
def monitor() -> Iterator[LoopMonitor]:
    installed = LoopMonitor()
    installed.install()
    yield installed
    installed.remove()


def _blocks() -> float:
    return next(s.value for m in LOOP_BLOCKS.collect() for s in m.samples if s.name.endswith("_count"))


async def _block(seconds: float) -> None:
    time.sleep(seconds)  # noqa: ASYNC251 - it blocks on purpose


async def test_block_is_counted_measured_and_named(monitor: LoopMonitor) -> None:
    before = _blocks()
    with capture_logs() as logs:
        await asyncio.create_task(_block(0.12))
        await asyncio.sleep(0)
    assert monitor.blocks >= 1
    assert monitor.longest_s >= 0.12
    assert _blocks() >= before + 1
    assert LONGEST_LOOP_BLOCK_S._value.get() >= 0.12
    named = [line for line in logs if line["event"] == "loop_blocked"]
    assert named[0]["callback"] == "_block"
    assert named[0]["duration_ms"] >= 120


async def test_loop_of_another_thread_is_not_measured(monitor: LoopMonitor) -> None:
    blocks = monitor.blocks
    await asyncio.to_thread(asyncio.run, _block(0.06))
    assert monitor.blocks == blocks


async def test_removed_monitor_counts_nothing(monitor: LoopMonitor) -> None:
    monitor.remove()
    blocks = monitor.blocks
    await asyncio.create_task(_block(0.06))
    assert monitor.blocks == blocks
