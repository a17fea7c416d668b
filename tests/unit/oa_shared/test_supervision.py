"""Workers are restarted when they fail or hang, and their process ends when one ends permanently."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from oa_shared import supervision
from oa_shared.consumer import ConsumerOptions
from oa_shared.outcomes import Ack, Outcome
from oa_shared.process_report import report_worker
from oa_shared.queue import ReceivedMessage
from oa_shared.supervision import (
    MAX_FAILURES,
    Supervisor,
    Worker,
    WorkerEndedError,
    WorkerHungError,
    cancel_until_done,
    leave_worker,
    record_progress,
)
from support.consuming import single_consumer
from support.fakes.memory_queue import MemoryQueue


class _Watchdog:
    """Records what the supervisor asks for."""

    def __init__(self) -> None:
        self.expected_s: list[float] = []

    def expect_exit(self, within_s: float) -> None:
        self.expected_s.append(within_s)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("_FIRST_PAUSE_S", 0.01),
        ("_LONGEST_PAUSE_S", 0.03),
        ("_LOOK_EVERY_S", 0.01),
        ("_CANCEL_AGAIN_S", 0.01),
        ("_CANCEL_WITHIN_S", 0.1),
    ):
        monkeypatch.setattr(supervision, name, value)


def _supervisor() -> tuple[Supervisor, _Watchdog]:
    watchdog = _Watchdog()
    return Supervisor(watchdog, stop_within_s=0.2), watchdog  # type: ignore[arg-type] # a fake


async def _run_until(supervisor: Supervisor, workers: list[Worker], is_so: Callable[[], bool]) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(supervisor.run(workers, stop))
    async with asyncio.timeout(60):
        while not is_so() and not running.done():  # noqa: ASYNC110 - it looks at the state from outside
            await asyncio.sleep(0.005)
    stop.set()
    await running


async def _wait(stop: asyncio.Event) -> None:
    while not stop.is_set():
        record_progress()
        await asyncio.sleep(0.005)


async def test_worker_that_raises_is_restarted_and_the_others_continue() -> None:
    starts = {"bad": 0, "good": 0}

    async def bad(stop: asyncio.Event) -> None:
        starts["bad"] += 1
        if starts["bad"] < 3:
            raise ValueError("once more")
        await _wait(stop)

    async def good(stop: asyncio.Event) -> None:
        starts["good"] += 1
        await _wait(stop)

    supervisor, watchdog = _supervisor()
    with capture_logs() as logs:
        await _run_until(supervisor, [Worker("bad", bad), Worker("good", good)], lambda: starts["bad"] == 3)
    assert starts == {"bad": 3, "good": 1}
    assert [line["worker"] for line in logs if line["event"] == "worker_failed"] == ["bad", "bad"]
    assert watchdog.expected_s == []


async def _return(_stop: asyncio.Event) -> None:
    return


async def _cancel_itself(_stop: asyncio.Event) -> None:
    raise asyncio.CancelledError


async def _fail(_stop: asyncio.Event) -> None:
    raise RuntimeError("always")


@pytest.mark.parametrize("run", [_return, _cancel_itself, _fail])
async def test_worker_that_keeps_failing_is_a_problem_of_the_process(
    run: Callable[[asyncio.Event], Awaitable[None]],
) -> None:
    supervisor, _ = _supervisor()
    problems: list[str] = []

    def has_problem() -> bool:
        problems.extend(supervisor.problems())
        return bool(problems)

    await _run_until(supervisor, [Worker("bad", run)], has_problem)  # type: ignore[arg-type] # coroutine functions
    assert problems[0].startswith(f"worker bad has failed {MAX_FAILURES} times in a row")


async def test_pause_grows_while_a_worker_fails_and_is_short_again_after_progress() -> None:
    rounds = 0

    async def sometimes(_stop: asyncio.Event) -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 4:
            record_progress()
        raise ValueError(str(rounds))

    supervisor, _ = _supervisor()
    with capture_logs() as logs:
        await _run_until(supervisor, [Worker("some", sometimes)], lambda: rounds >= 5)
    failures = [line["failures"] for line in logs if line["event"] == "worker_failed"]
    assert failures[:4] == [1, 2, 3, 1]


async def test_worker_without_progress_is_canceled_and_restarted() -> None:
    starts = 0

    async def hang(stop: asyncio.Event) -> None:
        nonlocal starts
        starts += 1
        if starts == 1:
            await asyncio.Event().wait()
        await _wait(stop)

    supervisor, _ = _supervisor()
    await _run_until(supervisor, [Worker("hung", hang, hang_s=0.05)], lambda: starts == 2)
    assert starts == 2


async def _ignore_cancellation(release: asyncio.Event) -> None:
    while not release.is_set():
        try:
            await release.wait()
        except asyncio.CancelledError:
            continue


async def test_worker_that_ignores_its_cancellation_ends_the_process() -> None:
    release = asyncio.Event()
    supervisor, watchdog = _supervisor()
    workers = [
        Worker("stuck", lambda _stop: _ignore_cancellation(release), hang_s=0.05),
        Worker("good", _wait),
    ]
    with pytest.raises(WorkerEndedError, match="stuck"):
        await supervisor.run(workers, asyncio.Event())
    assert watchdog.expected_s
    assert "worker stuck has ended" in supervisor.problems()[0]
    release.set()
    await asyncio.sleep(0)


async def test_task_that_ignores_its_cancellation_is_reported() -> None:
    release = asyncio.Event()
    task = asyncio.create_task(_ignore_cancellation(release))
    await asyncio.sleep(0)
    with pytest.raises(WorkerHungError):
        await cancel_until_done(task)
    release.set()
    await task


async def test_shutdown_cancels_a_worker_that_does_not_finish() -> None:
    async def busy(_stop: asyncio.Event) -> None:
        await asyncio.Event().wait()

    supervisor, _ = _supervisor()
    with capture_logs() as logs:
        await _run_until(supervisor, [Worker("busy", busy)], lambda: bool(supervisor.states))
    assert "shutdown_timeout" in [line["event"] for line in logs]


async def test_renewal_of_a_lease_is_no_progress_of_its_worker() -> None:
    async def renew() -> None:
        leave_worker()
        while True:
            record_progress()
            await asyncio.sleep(0.005)

    hung = 0

    async def work(_stop: asyncio.Event) -> None:
        nonlocal hung
        renewal = asyncio.create_task(renew())
        try:
            await asyncio.Event().wait()
        finally:
            hung += 1
            renewal.cancel()

    supervisor, _ = _supervisor()
    await _run_until(supervisor, [Worker("lease", work, hang_s=0.05)], lambda: hung > 0)
    assert hung


async def test_worker_that_waits_for_a_queue_reports_it_and_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "_LONG_WAIT_S", 0.05)
    queue, seen = MemoryQueue(), set[str]()
    queue.is_down = True

    async def handle(_message: ReceivedMessage) -> Outcome:
        return Ack()

    supervisor, _ = _supervisor()

    def has_recovered() -> bool:
        """Note what is reported, let the queue recover once it is, and return whether that is noticed."""
        reported = [report_worker(state).problem for state in supervisor.states]
        seen.update(problem.partition(" for ")[0] for problem in reported)
        assert supervisor.problems() == []
        if "has waited" in seen:
            queue.is_down = False
        return not queue.is_down and reported == [""]

    consumer = single_consumer(queue, handle, options=ConsumerOptions(wait_s=0.01), name="jobs")
    await _run_until(supervisor, [Worker("dispatcher", consumer.run)], has_recovered)
    assert seen == {"", "has waited"}
