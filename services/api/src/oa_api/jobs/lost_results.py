"""Results whose files the store has lost, noticed by asking for them: a bucket that was emptied, deleted or replaced.

A few results are checked each time, until all of them were; as soon as one is lost, all others are checked at once. So
are the lost ones as soon as one is back: an operator restores the files of all together.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from oa_api.background.loop import run_loop
from oa_api.db.database import Database
from oa_api.db.query_files import load_queries
from oa_shared.storage import Storage
from oa_shared.supervision import record_progress

log = structlog.get_logger()
_SQL = load_queries("jobs.lost_results")
STORE_AUDIT = "store_audit"
AUDIT_EVERY_S = 15.0
# At this rate the requests to S3 cost about 0.35 USD a month.
_FEW, _MANY = 5, 200
_AT_ONCE = 16
# The number of lost jobs that the status names.
_NAMED = 5


@dataclass(frozen=True, slots=True)
class KeptResult:
    """A result whose files have to exist, with the key of its largest one.

    `is_expected` is false if its files are known to be deleted or lost.
    """

    job_id: int
    attempt: int
    key: str | None
    is_expected: bool


@dataclass(frozen=True, slots=True)
class LostResults:
    """The number of lost results, the time at which the first loss was noticed, and the IDs of the first jobs."""

    results: int
    since: datetime | None
    jobs: str | None

    @property
    def problem(self) -> str:
        """Return the loss as a sentence for operators; empty without one."""
        if not self.results or self.since is None:
            return ""
        more = ", …" if self.results > _NAMED else ""
        noun = "result" if self.results == 1 else "results"
        return (
            f"the store has lost the files of {self.results:,} {noun}, noticed at {self.since:%Y-%m-%d %H:%M} UTC "
            f"(jobs {self.jobs}{more}): restore the files, or rerun the jobs with `oa job rerun N` or `oa bulk rerun`"
        )


async def count_lost_results(database: Database) -> LostResults:
    """Return the results that are known to be lost."""
    return await database.first(_SQL["count"], {"named": _NAMED}, into=LostResults) or LostResults(0, None, None)


async def find_loss(database: Database, *, job: int, attempt: int) -> datetime | None:
    """Return when the files of an attempt were found to be lost; None if they are not."""
    return await database.first(_SQL["find"], {"job": job, "attempt": attempt}, into=datetime)


@dataclass(slots=True)
class _Round:
    """The position in a list of results that is checked part by part, and restarts at its end."""

    after: int = 0
    is_thorough: bool = False

    @property
    def limit(self) -> int:
        """Return how many results to check next."""
        return _MANY if self.is_thorough else _FEW

    @property
    def values(self) -> dict[str, int]:
        """Return the values of the query of the next page."""
        return {"after": self.after, "limit": self.limit}

    def advance(self, page: Sequence[KeptResult], *, has_changes: bool) -> bool:
        """Move behind the page that was checked; return whether to continue at once: after a change, to the end."""
        if has_changes and not self.is_thorough:
            self.after, self.is_thorough = 0, True
        else:
            self.after = page[-1].job_id if len(page) >= self.limit else 0
            self.is_thorough = self.is_thorough and self.after > 0
        return self.is_thorough


class StoreAudit:
    """Asks the store for the files of one result after the other."""

    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._storage = storage
        self._kept, self._lost = _Round(), _Round()

    async def once(self) -> bool:
        """Check the next results; return whether to continue at once: after a change, until all are checked.

        Raises StorageUnavailableError when the store or its bucket is missing: that is not a loss of files.
        """
        await self._database.execute(_SQL["forget_replaced"])
        is_restored = await self._check_lost()
        return await self._check_kept() or is_restored

    async def _check_kept(self) -> bool:
        """Record the next results that are lost; return whether to continue at once."""
        page = await self._database.all(_SQL["kept_results"], self._kept.values, into=KeptResult)
        lost = await self._missing([result for result in page if result.is_expected])
        if lost:
            await self._database.execute(_SQL["record"], _ids(lost))
            log.error("results_lost", results=len(lost), jobs=[result.job_id for result in lost[:10]])
        return self._kept.advance(page, has_changes=bool(lost))

    async def _check_lost(self) -> bool:
        """Delete the records of the next lost results that are back; return whether to continue at once."""
        page = await self._database.all(_SQL["recheckable"], self._lost.values, into=KeptResult)
        missing = await self._missing(page)
        back = [result for result in page if result not in missing]
        if back:
            await self._database.execute(_SQL["forget"], _ids(back))
            log.info("results_back", results=len(back), jobs=[result.job_id for result in back[:10]])
        return self._lost.advance(page, has_changes=bool(back))

    async def _missing(self, results: Sequence[KeptResult]) -> list[KeptResult]:
        """Return the results whose largest file the store does not have."""
        missing: list[KeptResult] = []
        for start in range(0, len(results), _AT_ONCE):
            chunk = results[start : start + _AT_ONCE]
            exist = await asyncio.gather(*(self._exists(result) for result in chunk))
            missing += [result for result, exists in zip(chunk, exist, strict=True) if not exists]
            record_progress()
        return missing

    async def _exists(self, result: KeptResult) -> bool:
        return result.key is None or await self._storage.head(result.key) is not None


async def run_store_audit(
    database: Database, storage: Storage, stop: asyncio.Event, *, every_s: float = AUDIT_EVERY_S
) -> None:
    """Check the files of results until `stop` is set."""
    await run_loop(STORE_AUDIT, StoreAudit(database, storage).once, stop, every_s=every_s)


def _ids(results: Sequence[KeptResult]) -> dict[str, object]:
    return {
        "jobs": [result.job_id for result in results],
        "attempts": [result.attempt for result in results],
        "keys": [result.key for result in results],
    }
