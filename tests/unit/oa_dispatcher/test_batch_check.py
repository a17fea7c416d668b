"""The dispatcher reports whether Batch answers, also without messages."""

import asyncio
from collections.abc import Callable

import pytest

from oa_dispatcher.batch_check import batch_dependency
from oa_shared import dependency_check
from oa_shared.batch import BatchForbiddenError, BatchRefusedError, BatchUnknownError
from oa_shared.dependency_check import Dependency, check_dependencies
from support.fakes.memory_batch import MemoryBatch

_QUEUES = {"weekly": "oa-weekly", "manual": "oa-manual", "manual.huge": "oa-manual"}


async def _check_until(dependency: Dependency, is_so: Callable[[], bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependency_check, "_AGAIN_S", 0.01)
    stop = asyncio.Event()
    running = asyncio.create_task(check_dependencies([dependency], stop, every_s=0.01))
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.005)
    stop.set()
    await running


async def test_batch_that_answers_is_no_problem_and_each_queue_is_asked_once_a_round() -> None:
    batch = MemoryBatch()
    await batch_dependency(batch, _QUEUES).check()
    assert len(batch.calls) == len(set(_QUEUES.values()))


@pytest.mark.parametrize(
    "error",
    [
        BatchUnknownError("ListJobs: timeout"),
        BatchForbiddenError("ListJobs: AccessDenied"),
        BatchRefusedError("no queue"),
    ],
)
async def test_batch_that_does_not_answer_is_a_problem_with_its_reason_until_it_does(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = MemoryBatch()
    dependency = batch_dependency(batch, _QUEUES)
    batch.faults.extend([error] * 50)
    await _check_until(dependency, lambda: bool(dependency.report().problem), monkeypatch)
    assert str(error) in dependency.report().problem
    batch.faults.clear()
    await _check_until(dependency, lambda: not dependency.report().problem, monkeypatch)


async def test_too_many_calls_are_an_answer() -> None:
    batch = MemoryBatch()
    batch.faults.append(BatchRefusedError("slow down", throttled=True))
    assert await batch_dependency(batch, _QUEUES).check() == ()
