"""The API as the dispatcher uses it, in memory."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from oa_dispatcher.api_client import (
    ApiClient,
    ApiUnavailableError,
    Array,
    AttemptState,
    CurrentJob,
    read_attempt_state,
    read_job,
)
from oa_shared.batch import MIN_ARRAY
from oa_shared.ids import child_batch_job
from oa_shared.messages import JobMessage
from oa_shared.status import JobStatus


@dataclass
class StoredArray:
    array: Array
    jobs: list[int]
    turn_until: float


class MemoryApi(ApiClient):
    """Jobs by ID. `is_down` makes every call fail; a report of another attempt or of a lower rank is refused."""

    def __init__(self) -> None:
        super().__init__("http://nowhere", "")
        self.rows: dict[int, dict[str, Any]] = {}
        self.arrays: dict[int, StoredArray] = {}
        self.reports: list[dict[str, Any]] = []
        self.is_down = False

    def add(self, job: int, **more: Any) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat()
        row = {"id": job, "attempt": 1, "token": f"{job:032x}", "status": "Pending", "batch_job": None}
        self.rows[job] = {**row, "lane": "manual", "tier": "standard", "created_at": now, "updated_at": now, **more}
        return self.rows[job]

    async def attempt_states(self, jobs: Sequence[int]) -> dict[int, AttemptState]:
        self._check()
        return {job: read_attempt_state(self.rows[job]) for job in jobs if job in self.rows}

    async def report_submitted(self, submitted: Sequence[tuple[JobMessage, str]]) -> set[int]:
        changes = {"status": JobStatus.SUBMITTED}
        moved = set()
        for job, batch_job in submitted:
            if await self.report(
                job.job, {**changes, "attempt": job.attempt, "token": job.token, "batch_job": batch_job}
            ):
                moved.add(job.job)
        return moved

    async def create_array(self, attempts: Sequence[JobMessage], *, turn_s: float) -> tuple[Array | None, list[int]]:
        self._check()
        rows = {job.job: self.rows[job.job] for job in attempts}
        children = [job for job, row in rows.items() if row["status"] == "Pending" and row.get("array") is None]
        if len(children) < MIN_ARRAY:
            return None, []
        array = Array(len(self.arrays) + 1, f"{len(self.arrays) + 1:032x}", len(children), None)
        self.arrays[array.id] = StoredArray(array, children, time.monotonic() + turn_s)
        for job in children:
            rows[job]["array"] = array.id
        return array, children

    async def take_turn(self, array: int, *, turn_s: float) -> Array | None:
        self._check()
        stored = self.arrays[array]
        if stored.turn_until > time.monotonic():
            return None
        stored.turn_until = time.monotonic() + turn_s
        return stored.array

    async def report_array(self, array: int, batch_job: str) -> bool:
        self._check()
        stored = self.arrays[array]
        stored.array = replace(stored.array, batch_job=stored.array.batch_job or batch_job)
        for place, job in enumerate(stored.jobs):
            row = self.rows[job]
            change = {"attempt": row["attempt"], "token": row["token"], "status": JobStatus.SUBMITTED}
            await self.report(job, {**change, "batch_job": child_batch_job(str(stored.array.batch_job), place)})
        return True

    async def delete_array(self, array: int) -> bool:
        self._check()
        for job in self.arrays.pop(array).jobs:
            self.rows[job]["array"] = None
        return True

    async def report(self, job: int, change: Mapping[str, object]) -> bool:
        self._check()
        self.reports.append({"job": job, **change})
        row = self.rows.get(job)
        if row is None or (row["attempt"], row["token"]) != (change["attempt"], change["token"]):
            return False
        if JobStatus(str(change["status"])).rank <= JobStatus(row["status"]).rank:
            return False
        row |= {"status": str(change["status"]), "batch_job": change.get("batch_job", row["batch_job"])}
        return True

    async def pages(
        self, *statuses: JobStatus, created_after: datetime | None = None
    ) -> AsyncIterator[list[CurrentJob]]:
        self._check()
        found = [row for _, row in sorted(self.rows.items(), reverse=True) if row["status"] in statuses]
        if created_after is not None:
            found = [row for row in found if datetime.fromisoformat(row["created_at"]) >= created_after]
        for start in range(0, len(found), 100):
            yield [read_job(row) for row in found[start : start + 100]]

    def _check(self) -> None:
        if self.is_down:
            raise ApiUnavailableError("down")
