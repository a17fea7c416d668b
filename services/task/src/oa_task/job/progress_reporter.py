"""Turns the work's progress, reported from any thread, into messages sent one after another."""

import asyncio
import time
from types import TracebackType
from typing import Any

from oa_task.job.status_reporter import StatusReporter
from oa_task.runtime.progress import Progress, unit_of

_LOOK_EVERY_S = 1.0


class ProgressReporter:
    """Tells the phase, what is done of it, all bytes and features so far, and how fast it goes."""

    def __init__(self, reporter: StatusReporter) -> None:
        self._reporter = reporter
        self._task: asyncio.Task[None] | None = None
        self._latest: tuple[str, int, int | None] | None = None
        self._amounts: dict[str, int] = {}
        self._began_at = time.monotonic()
        self._before: dict[str, tuple[int, float]] = {}

    async def __aenter__(self) -> Progress:
        self._task = asyncio.create_task(self._tell())
        return self._note

    async def __aexit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def _note(self, phase: str, done: int, total: int | None) -> None:
        self._latest = (phase, done, total)
        self._amounts[unit_of(phase)] = done

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            if self._latest is not None and self._reporter.is_due():
                await self._reporter.progress(self._standing(*self._latest))

    def _standing(self, phase: str, done: int, total: int | None) -> dict[str, Any]:
        now = time.monotonic()
        done_before, then = self._before.get(phase, (0, self._began_at))
        per_s = round((done - done_before) / max(now - then, _LOOK_EVERY_S))
        self._before[phase] = (done, now)
        return {"phase": phase, "done": done, "total": total, "per_s": per_s, **self._amounts}
