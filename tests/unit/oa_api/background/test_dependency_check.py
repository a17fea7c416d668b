"""Dependencies that are silent or wrong are named in the heartbeat, and only as long as they are."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import pytest

from oa_api.background.dependency_check import run_dependency_checks
from oa_api.background.heartbeat import HeartbeatRow
from oa_api.background.process_state import ProcessState
from oa_api.status.health import find_problems
from oa_shared import dependency_check
from oa_shared.dependency_check import Dependency
from oa_shared.queue import QueueUnavailableError
from oa_shared.time_limits import remaining_wait_s


class Answers:
    """A dependency whose state a test sets; each call counts."""

    def __init__(self) -> None:
        self.calls = 0
        self.faults: Sequence[str] = ()
        self.error = ""

    async def check(self) -> Sequence[str]:
        self.calls += 1
        if self.error:
            raise QueueUnavailableError(self.error)
        return self.faults


async def _run(
    answers: Answers, monkeypatch: pytest.MonkeyPatch, *steps: Callable[[ProcessState], Awaitable[None]]
) -> None:
    monkeypatch.setattr(dependency_check, "_AGAIN_S", 0.01)
    process, stop = ProcessState(), asyncio.Event()
    dependency = Dependency("jobs_queue", "the queue oa-jobs", answers.check)
    running = asyncio.create_task(run_dependency_checks(process, [dependency], stop, every_s=0.01))
    try:
        for step in steps:
            await step(process)
    finally:
        stop.set()
        await running


def _problem(process: ProcessState) -> str:
    return {part.part: part.problem for part in process.report().parts}.get("jobs_queue", "not checked yet")


async def _wait_until(process: ProcessState, text: str) -> None:
    async with asyncio.timeout(60):
        while text not in _problem(process) or (not text and _problem(process)):  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.005)


async def test_silent_dependency_is_named_until_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Answers()

    async def silence(process: ProcessState) -> None:
        answers.error = "GetQueueAttributes: TimeoutError"
        await _wait_until(process, "the queue oa-jobs has not answered for 0 s (GetQueueAttributes: TimeoutError)")
        assert process.problems() == []  # nothing for liveness
        assert process.unready_reason() == ""

    async def recover(process: ProcessState) -> None:
        answers.error = ""
        await _wait_until(process, "")

    await _run(answers, monkeypatch, silence, recover)


async def test_wrong_attributes_are_named_until_they_are_right(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Answers()
    answers.faults = ["it does not exist: create it again"]

    async def correct(process: ProcessState) -> None:
        await _wait_until(process, "the queue oa-jobs: it does not exist")
        answers.faults = ()
        await _wait_until(process, "")

    await _run(answers, monkeypatch, correct)


async def test_single_failure_is_no_problem() -> None:
    dependency = Dependency("jobs_queue", "the queue oa-jobs", Answers().check, failures=1, last_error="x")
    assert dependency.problem == ""


async def test_check_of_a_frozen_dependency_is_limited() -> None:
    limits: list[float] = []

    async def check() -> Sequence[str]:
        limits.append(remaining_wait_s())
        stop.set()
        return ()

    stop = asyncio.Event()
    await run_dependency_checks(ProcessState(), [Dependency("store", "the bucket b", check)], stop)
    assert limits[0] <= 3
    # Both checks in a row, both pauses and the heartbeat.
    worst_s = dependency_check.CHECK_EVERY_S + 2 * dependency_check._WAIT_S + dependency_check._AGAIN_S + 5
    assert worst_s < 30


def test_status_names_the_dependency_and_who_reports_it() -> None:
    now = datetime.now(UTC)
    row = HeartbeatRow("api@h:1", "store", now, now, "the bucket b has not answered for 9 s", 1.0, 9.0)
    problems = find_problems([row], (), worker_silent_s=60)
    assert problems == ["the bucket b has not answered for 9 s (reported by api@h:1)"]
