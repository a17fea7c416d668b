"""The progress messages of an attempt."""

import asyncio
from typing import Any

import pytest

from oa_shared.ids import new_token
from oa_shared.messages import StatusMessage, parse_result_message
from oa_shared.queue import OutgoingMessage
from oa_task.job import status_reporter
from oa_task.job.progress_reporter import ProgressReporter
from oa_task.job.settings import JobSettings
from oa_task.job.status_reporter import StatusReporter

pytestmark = pytest.mark.usefixtures("no_real_time")

SETTINGS = JobSettings(
    job=1, attempt=1, token=new_token(), layer="addresses", name="x", api_url="", bucket="", results_queue_url=""
)


class RecordingQueue:
    """A queue that keeps its messages."""

    def __init__(self) -> None:
        self.progress: list[dict[str, Any]] = []

    async def send_batch(self, messages: list[OutgoingMessage]) -> list[bool]:
        for message in messages:
            parsed = parse_result_message(message.body)
            if isinstance(parsed, StatusMessage) and parsed.progress:
                self.progress.append(parsed.progress)
        return [True for _ in messages]


async def test_progress_reporter_overlapping_phases_have_their_own_amounts_and_speeds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(status_reporter, "PROGRESS_EVERY_S", 0.0)
    queue = RecordingQueue()
    async with ProgressReporter(StatusReporter(SETTINGS, queue)) as report:  # type: ignore[arg-type]
        report("download", 5_000_000, None)
        await asyncio.sleep(1.1)
        report("fetch", 3000, 9000)
        report("convert", 2000, None)
        await asyncio.sleep(1.1)
    first, second = queue.progress
    assert first["phase"] == "download"
    assert first["bytes"] == 5_000_000
    assert 0 < first["per_s"] <= 5_000_000
    assert second["phase"] == "convert"
    assert second["done"] == 2000
    assert second["bytes"] == 5_000_000
    assert second["features"] == 2000


async def test_progress_reporter_without_progress_sends_nothing() -> None:
    queue = RecordingQueue()
    async with ProgressReporter(StatusReporter(SETTINGS, queue)):  # type: ignore[arg-type]
        await asyncio.sleep(1.1)
    assert queue.progress == []
