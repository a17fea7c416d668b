"""The API as the dispatcher uses it, in memory."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

from oa_dispatcher.api_client import (
    ApiClient,
    ApiUnavailableError,
    AttemptState,
    CurrentJob,
    read_attempt_state,
    read_job,
)
from oa_shared.status import JobStatus


class MemoryApi(ApiClient):
    """Jobs by ID. `is_down` makes every call fail; a report of another attempt or of a lower rank is refused."""

    def __init__(self) -> None:
        super().__init__("http://nowhere", "")
        self.rows: dict[int, dict[str, Any]] = {}
        self.reports: list[dict[str, Any]] = []
        self.is_down = False

    def add(self, job: int, **more: Any) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat()
        row = {"id": job, "attempt": 1, "token": f"{job:032x}", "status": "Pending", "batch_job": None}
        self.rows[job] = {**row, "lane": "manual", "tier": "standard", "created_at": now, "updated_at": now, **more}
        return self.rows[job]

    async def attempt_state(self, job: int) -> AttemptState | None:
        self._check()
        return read_attempt_state(self.rows[job]) if job in self.rows else None

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
