"""Progress of the work, reported from any thread, as status messages."""

import asyncio
import time
from types import TracebackType

from oa_shared.json_types import JsonObject
from oa_task.job.status_reporter import StatusReporter
from oa_task.runtime.progress import Progress, unit_of

_CHECK_EVERY_S = 1.0


class ProgressReporter:
    """Sends the phase, its amount done, all bytes and features so far, and the speed. Entering returns the callback."""

    def __init__(self, reporter: StatusReporter) -> None:
        self._reporter = reporter
        self._task: asyncio.Task[None] | None = None
        self._latest: tuple[str, int, int | None] | None = None
        self._amounts: dict[str, int] = {}
        self._started_at = time.monotonic()
        self._sent: dict[str, tuple[int, float]] = {}

    async def __aenter__(self) -> Progress:
        self._task = asyncio.create_task(self._send_repeatedly())
        return self._record

    async def __aexit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def _record(self, phase: str, done: int, total: int | None) -> None:
        self._latest = (phase, done, total)
        self._amounts[unit_of(phase)] = done

    async def _send_repeatedly(self) -> None:
        while True:
            await asyncio.sleep(_CHECK_EVERY_S)
            if self._latest is not None and self._reporter.is_due():
                await self._reporter.send_progress(self._progress(*self._latest))

    def _progress(self, phase: str, done: int, total: int | None) -> JsonObject:
        """Return the body of a message; `per_s` is the speed since the last message of the phase."""
        now = time.monotonic()
        done_before, then = self._sent.get(phase, (0, self._started_at))
        per_s = round((done - done_before) / max(now - then, _CHECK_EVERY_S))
        self._sent[phase] = (done, now)
        return {"phase": phase, "done": done, "total": total, "per_s": per_s, **self._amounts}
