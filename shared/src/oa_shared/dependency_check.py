"""Whether what a process depends on answers and is as it has to be, for the status of the system.

Liveness and readiness do not depend on it: another process would see the same.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import structlog

from oa_shared.errors import OaError
from oa_shared.process_report import PartReport
from oa_shared.supervision import next_round, record_progress
from oa_shared.time_limits import limit_waits
from oa_shared.waiting import sleep_unless

log = structlog.get_logger()
# A dependency that dies or freezes is a problem after at most 10 + 3 + 2 + 3 s, and in the status 5 s later.
CHECK_EVERY_S = 10.0
_AGAIN_S, _WAIT_S = 2.0, 3.0
# One call may fail on a sound network.
_FAILURES = 2


@dataclass(slots=True)
class Dependency:
    """A queue, a store or Batch: `check` returns what is wrong with it, and raises OaError while it does not answer."""

    part: str
    label: str
    check: Callable[[], Awaitable[Sequence[str]]]
    answered_at: float = field(default_factory=time.monotonic)
    failures: int = 0
    last_error: str = ""
    faults: Sequence[str] = ()

    @property
    def problem(self) -> str:
        """Return what is wrong, as a sentence that names the dependency; empty if nothing is."""
        if self.failures >= _FAILURES:
            silent_s = time.monotonic() - self.answered_at
            return f"{self.label} has not answered for {silent_s:.0f} s ({self.last_error}): check that it runs"
        return f"{self.label}: {'; '.join(self.faults)}" if self.faults else ""

    def report(self) -> PartReport:
        """Return the part of the heartbeat that stands for this dependency."""
        return PartReport(self.part, round(time.monotonic() - self.answered_at, 1), self.problem)


async def check_dependencies(
    dependencies: Sequence[Dependency], stop: asyncio.Event, *, every_s: float = CHECK_EVERY_S
) -> None:
    """Check all dependencies at intervals until `stop` is set."""
    while not stop.is_set():
        await next_round()
        await asyncio.gather(*(_check(dependency) for dependency in dependencies))
        record_progress()
        is_doubtful = any(dependency.failures > 0 for dependency in dependencies)
        await sleep_unless(stop, min(every_s, _AGAIN_S) if is_doubtful else every_s)


async def _check(dependency: Dependency) -> None:
    try:
        with limit_waits(_WAIT_S, total_s=_WAIT_S):
            faults = await dependency.check()
    except OaError as error:
        dependency.failures += 1
        dependency.last_error = error.detail
        if dependency.failures == _FAILURES:
            log.error("dependency_silent", part=dependency.part, error=error.detail)  # noqa: TRY400 - no trace
        return
    if dependency.failures >= _FAILURES:
        log.info("dependency_answers", part=dependency.part)
    if faults and faults != dependency.faults:
        log.error("queue_misconfigured", part=dependency.part, problems=list(faults))
    dependency.faults = faults
    dependency.failures = 0
    dependency.answered_at = time.monotonic()
