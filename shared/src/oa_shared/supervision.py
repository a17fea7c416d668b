"""The background workers of a process: restarted when they fail or hang, and the process ends if one ends permanently.

An exception that a worker does not handle fails its present work and nothing else: the worker starts again after a
pause that grows while it keeps failing. A worker that makes no progress is canceled and counts as failed. A worker that
ignores its cancellation cannot be replaced, so the process has to end; `Watchdog` makes sure that it does.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field

import structlog

from oa_shared.errors import OaError
from oa_shared.fault_points import worker_fault_point
from oa_shared.metrics import WORKER_FAILURES
from oa_shared.waiting import growing_pauses, sleep_unless
from oa_shared.watchdog import Watchdog

log = structlog.get_logger()
# The number of failures in a row after which a process is no longer healthy.
MAX_FAILURES = 5
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0
_LONG_WAIT_S = 15.0
_LOOK_EVERY_S = 0.5
_CANCEL_AGAIN_S = 0.2
_CANCEL_WITHIN_S = 5.0
_END_WITHIN_S = 5.0


class WorkerEndedError(OaError):
    """A worker has ended permanently, so its process ends too."""

    code = "worker.ended"
    title = "A background worker has ended."


class WorkerHungError(OaError):
    """A worker did not progress."""

    code = "worker.hung"
    title = "A background worker did not progress."


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker: `run` works until its event is set; without progress for `hang_s` seconds it is restarted."""

    name: str
    run: Callable[[asyncio.Event], Coroutine[object, object, None]]
    hang_s: float = 600.0


@dataclass(slots=True)
class WorkerState:
    """What a worker does now: the monotonic time of its last progress, and its failures since then."""

    worker: Worker
    progress_at: float = field(default_factory=time.monotonic)
    failures: int = 0
    last_error: str = ""
    has_ended: bool = False
    waiting_since: float | None = None
    waiting_for: str = ""

    @property
    def age_s(self) -> float:
        """Return the seconds since the last progress."""
        return time.monotonic() - self.progress_at

    @property
    def problem(self) -> str:
        """Return what is wrong with the worker, empty if nothing is."""
        if self.has_ended:
            return f"has ended: {self.last_error}"
        if self.failures >= MAX_FAILURES:
            return f"has failed {self.failures} times in a row: {self.last_error}"
        if self.age_s > self.worker.hang_s:
            return f"has not progressed for {self.age_s:.0f} s"
        return ""

    @property
    def delay(self) -> str:
        """Return for how long the worker has waited for a dependency, and why; empty if that is not long.

        It concerns the status of the system only: a new process would wait too.
        """
        waiting_s = 0.0 if self.waiting_since is None else time.monotonic() - self.waiting_since
        return f"has waited for {waiting_s:.0f} s: {self.waiting_for}" if waiting_s > _LONG_WAIT_S else ""


_CURRENT: ContextVar[WorkerState | None] = ContextVar("oa_worker", default=None)


def record_progress() -> None:
    """Record that the worker which runs now works: it has completed a round."""
    state = _CURRENT.get()
    if state is not None:
        state.progress_at = time.monotonic()
        state.failures = 0
        state.waiting_since = None


def record_waiting(reason: str) -> None:
    """Record that the worker which runs now works but waits for a dependency."""
    state = _CURRENT.get()
    if state is not None:
        waiting_since = state.waiting_since
        record_progress()
        state.waiting_since = time.monotonic() if waiting_since is None else waiting_since
        state.waiting_for = reason


def leave_worker() -> None:
    """Let this task no longer count as its worker: a renewed lease does not count as progress."""
    _CURRENT.set(None)


class Supervisor:
    """Runs the workers of a process."""

    def __init__(self, watchdog: Watchdog, *, stop_within_s: float) -> None:
        self.states: list[WorkerState] = []
        self._watchdog = watchdog
        self._stop_within_s = stop_within_s

    def problems(self) -> list[str]:
        """Return what is wrong with the workers of this process."""
        return [f"worker {state.worker.name} {state.problem}" for state in self.states if state.problem]

    async def run(self, workers: Iterable[Worker], stop: asyncio.Event) -> None:
        """Run workers until `stop` is set, then give them `stop_within_s` seconds to finish.

        Raises WorkerEndedError if one has ended before.
        """
        self.states = [WorkerState(worker) for worker in workers]
        tasks = [asyncio.create_task(self._supervise(state, stop)) for state in self.states]
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        ended = None if stop.is_set() else next((state for state in self.states if state.has_ended), None)
        if not stop.is_set():
            self._watchdog.expect_exit(_END_WITHIN_S)
            stop.set()
        await self._finish(tasks)
        if ended is not None:
            raise WorkerEndedError(f"worker {ended.worker.name} {ended.problem}")

    async def _finish(self, tasks: list[asyncio.Task[None]]) -> None:
        _, unfinished = await asyncio.wait(tasks, timeout=self._stop_within_s) if tasks else (set(), set())
        if unfinished:
            log.warning("shutdown_timeout", after_s=self._stop_within_s)
            await asyncio.gather(*(cancel_until_done(task) for task in unfinished))

    async def _supervise(self, state: WorkerState, stop: asyncio.Event) -> None:
        """Run a worker again and again until `stop` is set; only a worker that cannot be canceled ends this."""
        pauses = growing_pauses(_FIRST_PAUSE_S, _LONGEST_PAUSE_S)
        name = state.worker.name
        try:
            while not stop.is_set():
                state.progress_at = time.monotonic()
                error = await self._run_once(state, stop)
                if stop.is_set() and error is None:
                    return
                if state.failures == 0:
                    pauses = growing_pauses(_FIRST_PAUSE_S, _LONGEST_PAUSE_S)
                state.failures += 1
                state.progress_at = time.monotonic()
                state.last_error = _describe(error)
                WORKER_FAILURES.labels(name).inc()
                pause_s = next(pauses)
                log.error(
                    "worker_failed", worker=name, failures=state.failures, retry_in_s=round(pause_s, 1), exc_info=error
                )
                await sleep_unless(stop, pause_s)
        except WorkerHungError as error:
            state.has_ended, state.last_error = True, error.detail
            log.critical("worker_ended", worker=name, error=error.detail)

    async def _run_once(self, state: WorkerState, stop: asyncio.Event) -> BaseException | None:
        """Return how a worker ended; None if it ended without an error. Raises WorkerHungError if it never ends."""
        task = asyncio.create_task(_run_as(state, stop))
        try:
            while not task.done():
                await asyncio.wait([task], timeout=_LOOK_EVERY_S)
                if not task.done() and not stop.is_set() and state.age_s > state.worker.hang_s:
                    hung_s = state.age_s
                    await cancel_until_done(task)
                    return WorkerHungError(f"no progress for {hung_s:.1f} s")
        except asyncio.CancelledError:
            await cancel_until_done(task)
            raise
        # A canceled task was canceled by a library, which must not end the worker permanently.
        return asyncio.CancelledError("the worker was canceled from within") if task.cancelled() else task.exception()


async def cancel_until_done(task: asyncio.Task[None]) -> None:
    """Cancel a task, again while it does not end. Raises WorkerHungError if it ignores that for 5 seconds."""
    deadline = time.monotonic() + _CANCEL_WITHIN_S
    while not task.done():
        if time.monotonic() > deadline:
            raise WorkerHungError(f"cannot be canceled within {_CANCEL_WITHIN_S:.0f} s")
        task.cancel()
        await asyncio.wait([task], timeout=_CANCEL_AGAIN_S)


async def _run_as(state: WorkerState, stop: asyncio.Event) -> None:
    _CURRENT.set(state)
    await state.worker.run(stop)


async def next_round() -> None:
    """Do what a fault test requires of the worker that runs now: nothing, outside of such tests."""
    state = _CURRENT.get()
    if state is not None:
        await worker_fault_point(state.worker.name)


def _describe(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {error}" if error is not None else "it ended although it was not stopped"
