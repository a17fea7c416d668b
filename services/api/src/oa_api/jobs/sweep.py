"""The API's own sweep: evidence that has waited long enough, jobs that nobody speaks of, the deadline."""

import asyncio
from dataclasses import dataclass
from functools import partial

import structlog

from oa_api.background.heartbeat import SWEEP, record_heartbeat
from oa_api.background.loop import run_loop
from oa_api.db.database import Database, Row, Transaction
from oa_api.db.errors import StoreError
from oa_api.db.query_files import load_queries
from oa_api.jobs.results import Move, apply_move, apply_status
from oa_shared.claim import CLAIM_FILE, read_claim
from oa_shared.ids import attempt_prefix
from oa_shared.messages import StatusMessage, UnreadableMessageError, parse_result_message
from oa_shared.queue import Queue
from oa_shared.status import JobStatus
from oa_shared.storage import Storage

log = structlog.get_logger()
_RESULTS = load_queries("jobs.results")
_SQL = load_queries("jobs.sweep")


@dataclass(frozen=True, slots=True)
class SweepTimes:
    """When the sweep acts, in seconds."""

    every_s: float = 30
    republish_after_s: float = 900
    deadline_s: float = 48 * 3600


class Sweep:
    """One pass looks at everything that could have been forgotten."""

    def __init__(self, database: Database, jobs_queue: Queue, storage: Storage, times: SweepTimes) -> None:
        self._database = database
        self._jobs_queue = jobs_queue
        self._storage = storage
        self._times = times

    async def once(self) -> bool:
        """Do all duties of the sweep, each in transactions of its own."""
        await self.fail_overdue()
        await self.settle_evidence()
        await self.republish()
        await self.forget()
        await self._database.execute(_SQL["fold_tally"])
        await record_heartbeat(self._database, SWEEP)
        log.info("backlog_measured", **(await self._database.first(_SQL["backlog"]) or {}))
        return False

    async def forget(self) -> None:
        """Drop what no message and no client can ask for any more, a few thousand rows a time."""
        for name in ("delete_idempotency_keys", "delete_sent", "delete_received"):
            await self._database.execute(_SQL[name])

    async def settle_evidence(self) -> None:
        """Take what Batch said as the end of an attempt, unless its own result lies on S3."""
        for row in await self._database.all(_RESULTS["due_batch_exits"]):
            claimant = await self._claimant(row)
            if claimant and row["batch_job"] and claimant != row["batch_job"]:
                await self._database.run(partial(_dismiss, row=row, claimant=claimant))
                continue
            await self._settle_one(row, await self._left_behind(row))

    async def _settle_one(self, row: Row, result: StatusMessage | None) -> None:
        """Settle one attempt; a result that the database cannot hold must not keep the others waiting for ever."""
        try:
            await self._database.run(partial(_settle, row=row, result=result))
        except StoreError as error:
            if error.retryable or result is None:
                raise
            log.error("result_object_unusable", job_id=row["job"], error=error.detail)  # noqa: TRY400 - it says it all
            await self._database.run(partial(_settle, row=row, result=None))

    async def republish(self) -> None:
        """Send again what has been Pending for long while the queue is empty."""
        depth = await self._jobs_queue.depth()
        if depth.visible or depth.in_flight or depth.delayed:
            return
        values = {"after_s": self._times.republish_after_s}
        rows = await self._database.run(lambda transaction: transaction.all(_SQL["republish_stale"], values))
        if rows:
            log.warning("jobs_republished", jobs=len(rows))

    async def fail_overdue(self) -> None:
        """End what is older than the deadline, with the last state that is known."""
        for row in await self._database.all(_SQL["past_deadline"], {"deadline_s": self._times.deadline_s}):
            text = f"not ended {self._times.deadline_s / 3600:.3g} hours after its start; last known: {row['status']}"
            await self._database.run(partial(_overdue, row=row, text=text))

    async def _claimant(self, row: Row) -> str | None:
        """Return Batch's id of the container that claimed the attempt; any other of that attempt did no work."""
        body = await self._storage.get_bytes(attempt_prefix(row["job"], row["attempt"]) + CLAIM_FILE)
        return read_claim(body) if body else None

    async def _left_behind(self, row: Row) -> StatusMessage | None:
        """Return the final message that the attempt wrote to S3 before it went, if it did."""
        if row["attempt"] != row["current_attempt"] or row["rank"] == JobStatus.FAIL.rank:
            return None
        body = await self._storage.get_bytes(attempt_prefix(row["job"], row["attempt"]) + "result.json")
        if body is None:
            return None
        try:
            message = parse_result_message(body.decode("utf-8", "replace"))
        except UnreadableMessageError as error:
            log.warning("result_object_unreadable", job_id=row["job"], error=error.detail)
            return None
        return message if isinstance(message, StatusMessage) and message.job == row["job"] else None


async def run_sweep(
    database: Database, jobs_queue: Queue, storage: Storage, stop: asyncio.Event, times: SweepTimes
) -> None:
    """Sweep until `stop` is set."""
    sweep = Sweep(database, jobs_queue, storage, times)
    await run_loop(SWEEP, sweep.once, stop, every_s=times.every_s)


async def _settle(transaction: Transaction, row: Row, result: StatusMessage | None) -> None:
    identity = {"job": row["job"], "attempt": row["attempt"], "batch_job": row["batch_job"]}
    if result is not None:
        await apply_status(transaction, result)
    locked = await transaction.first(_RESULTS["lock_job"], identity)
    if locked is not None and locked["attempt"] == row["attempt"] and locked["rank"] < JobStatus.FAIL.rank:
        error = {"code": row["code"], "message": row["message"]}
        await apply_move(transaction, locked, _fail(row, "batch.event", error))
    await transaction.execute(_RESULTS["delete_batch_exit"], identity)


async def _dismiss(transaction: Transaction, row: Row, claimant: str) -> None:
    """Drop what was said of a container that stood back, and keep an eye on the one that works."""
    identity = {"job": row["job"], "attempt": row["attempt"]}
    await transaction.execute(_RESULTS["follow_claimant"], {**identity, "batch_job": claimant})
    await transaction.execute(_RESULTS["delete_batch_exit"], {**identity, "batch_job": row["batch_job"]})
    log.info("evidence_dismissed", job_id=row["job"], batch_job=row["batch_job"], claimant=claimant)


async def _overdue(transaction: Transaction, row: Row, text: str) -> None:
    locked = await transaction.first(_RESULTS["lock_job"], {"job": row["job"]})
    if locked is not None:
        error = {"code": "infra.deadline", "message": text}
        await apply_move(transaction, locked, _fail(row, "sweep.deadline", error))


def _fail(row: Row, kind: str, error: dict[str, str]) -> Move:
    return Move(
        job=row["job"], attempt=row["attempt"], token=row["token"], status=JobStatus.FAIL, kind=kind, error=error
    )
