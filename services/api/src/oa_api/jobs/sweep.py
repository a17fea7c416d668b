"""The sweep of the API: ends of containers without a result, jobs that nothing reports on, the deadline, old rows."""

import asyncio
from dataclasses import asdict, dataclass
from functools import partial

import structlog

from oa_api.background.each import handle_each, run_each
from oa_api.background.heartbeat import SWEEP
from oa_api.background.loop import run_loop
from oa_api.background.takes import TakenKind, delete_old_takes, take_items
from oa_api.db.database import Database, Transaction
from oa_api.db.errors import StoreError
from oa_api.db.query_files import load_queries
from oa_api.jobs.locks import find_and_lock_job
from oa_api.jobs.results import ForeignReportError, apply_change, apply_status
from oa_api.jobs.rows import AttemptError
from oa_api.jobs.status_change import StatusChange
from oa_api.jobs.stored_result import StoredResultError, read_stored_message
from oa_shared.claim import CLAIM_FILE, read_claim
from oa_shared.ids import attempt_prefix
from oa_shared.messages import StatusMessage
from oa_shared.queue import Queue
from oa_shared.status import JobStatus
from oa_shared.storage import Storage

log = structlog.get_logger()
_RESULTS = load_queries("jobs.results")
_SQL = load_queries("jobs.sweep")
# The sweeps of several processes find the same items.
_SHARED_S = 30.0
# The longest trend of failures: twice the longest period of oa_api.failures.schemas.
_TREND_DAYS = 180


@dataclass(frozen=True, slots=True)
class SweepTimes:
    """When the sweep acts, in seconds."""

    every_s: float = 30
    republish_after_s: float = 900
    deadline_s: float = 48 * 3600


@dataclass(frozen=True, slots=True)
class BatchExit:
    """The end of a container whose grace period is over, with the latest attempt of its job."""

    job: int
    attempt: int
    batch_job: str
    code: str
    message: str
    token: str
    rank: int
    latest_attempt: int

    @property
    def key(self) -> str:
        """Return the identity of the end, as text."""
        return f"{self.job}/{self.attempt}/{self.batch_job}"


@dataclass(frozen=True, slots=True)
class OverdueJob:
    """A job that has not ended before its deadline."""

    job: int
    attempt: int
    token: str
    status: str


@dataclass(frozen=True, slots=True)
class Backlog:
    """Ages in seconds and the number of waiting messages; 0 where nothing waits.

    `weekly_run_age_s` is that of jobs.weekly_run.
    """

    outbox_age_s: float
    outbox_stalled_s: float
    outbox_waiting: int
    submitted_age_s: float
    unended_age_s: float
    weekly_run_age_s: float


class Sweep:
    """Checks everything that a lost message or a lost container can leave unfinished."""

    def __init__(self, database: Database, jobs_queue: Queue, storage: Storage, times: SweepTimes) -> None:
        self._database = database
        self._jobs_queue = jobs_queue
        self._storage = storage
        self._times = times

    async def once(self) -> bool:
        """Run each step of the sweep in its own transactions; return False, since the next pass is due later.

        A step that fails does not hold up the others, nor does one job of a step; the first error is raised at the end.
        """
        steps = (
            *(self.fail_overdue, self.settle_batch_exits, self.republish),
            *(self.delete_old_rows, self.close_empty_runs, self._fold_tally, self.count_failures),
        )
        await run_each(steps)
        values = {"deadline_s": self._times.deadline_s}
        backlog = await self._database.first(_SQL["backlog"], values, into=Backlog)
        log.info("backlog_measured", **(asdict(backlog) if backlog else {}))
        return False

    async def close_empty_runs(self) -> None:
        """Close the runs that have no job after the time of a job: their user is gone, and they have ended."""
        values = {"deadline_s": self._times.deadline_s}
        runs = await self._database.run(lambda transaction: transaction.execute(_SQL["close_empty_runs"], values))
        if runs:
            log.info("empty_runs_closed", runs=runs)

    async def count_failures(self) -> None:
        """Count the failures of some past days that are not counted, and forget the days that no trend shows."""
        values = {"days": _TREND_DAYS}
        await self._database.execute(_SQL["delete_counted_failures"], values)
        await self._database.execute(_SQL["count_failures"], values)

    async def _fold_tally(self) -> None:
        await self._database.execute(_SQL["fold_tally"])

    async def delete_old_rows(self) -> None:
        """Delete rows that no message and no client refers to anymore, a few thousand at a time."""
        for name in ("delete_idempotency_keys", "delete_sent", "delete_received", "delete_arrays"):
            await self._database.execute(_SQL[name])
        await delete_old_takes(self._database)

    async def settle_batch_exits(self) -> None:
        """Apply the ends of containers that Batch reported, unless the attempt's own result is on S3."""
        due = {exit_.key: exit_ for exit_ in await self._database.all(_RESULTS["due_batch_exits"], into=BatchExit)}
        async with take_items(self._database, TakenKind.BATCH_EXIT, list(due), shared_s=_SHARED_S) as taken:
            # Without the result on S3: reading it may end the process.
            for key in taken.abandoned:
                await self._settle(due[key], None)
            await handle_each(SWEEP, [due[key] for key in due if key in taken.now], self._settle_or_dismiss)

    async def _settle_or_dismiss(self, batch_exit: BatchExit) -> None:
        claimant = await self._claimant(batch_exit)
        if claimant and batch_exit.batch_job and claimant != batch_exit.batch_job:
            await self._database.run(partial(_dismiss, batch_exit=batch_exit, claimant=claimant))
            return
        await self._settle(batch_exit, await self._stored_result(batch_exit))

    async def _settle(self, batch_exit: BatchExit, result: StatusMessage | None) -> None:
        """Settle one attempt; what the database rejects must not block the others."""
        try:
            await self._database.run(partial(_settle, batch_exit=batch_exit, result=result))
        except (StoreError, ForeignReportError) as error:
            if error.retryable:
                raise
            if result is not None:
                log.error("result_object_unusable", job_id=batch_exit.job, error=error.detail)  # noqa: TRY400 - no trace
                await self._settle(batch_exit, None)
                return
            log.error("batch_exit_postponed", job_id=batch_exit.job, error=error.detail)  # noqa: TRY400 - no trace
            values = {"job": batch_exit.job, "attempt": batch_exit.attempt, "batch_job": batch_exit.batch_job}
            await self._database.execute(_RESULTS["postpone_batch_exit"], values)

    async def republish(self) -> None:
        """Send the messages of pending jobs again that the queue has lost.

        These are the messages sent before the queue was created, and old ones while the queue is empty.
        """
        depth = await self._jobs_queue.depth()
        is_empty = not (depth.visible or depth.in_flight or depth.delayed)
        values = {"after_s": self._times.republish_after_s if is_empty else None, "created_at": depth.created_at}
        jobs = await self._database.run(lambda transaction: transaction.execute(_SQL["republish_stale"], values))
        if jobs:
            log.warning("jobs_republished", jobs=jobs)

    async def fail_overdue(self) -> None:
        """End the jobs that are past their deadline, and name their last status."""
        values = {"deadline_s": self._times.deadline_s}
        overdue = {
            str(job.job): job for job in await self._database.all(_SQL["past_deadline"], values, into=OverdueJob)
        }
        async with take_items(self._database, TakenKind.OVERDUE_JOB, list(overdue), shared_s=_SHARED_S) as taken:
            await handle_each(SWEEP, [overdue[key] for key in overdue if key in taken.now], self._fail_one)

    async def _fail_one(self, job: OverdueJob) -> None:
        text = f"not ended {self._times.deadline_s / 3600:.3g} hours after its start; last status: {job.status}"
        await self._database.run(partial(_fail_overdue, job=job, text=text))

    async def _claimant(self, batch_exit: BatchExit) -> str | None:
        """Return the Batch job that claimed the attempt; any other container of the attempt did no work."""
        body = await self._storage.get_bytes(attempt_prefix(batch_exit.job, batch_exit.attempt) + CLAIM_FILE)
        return read_claim(body) if body else None

    async def _stored_result(self, batch_exit: BatchExit) -> StatusMessage | None:
        """Return the final message that the attempt wrote to S3 before it ended, if it did."""
        if batch_exit.attempt != batch_exit.latest_attempt or batch_exit.rank == JobStatus.FAIL.rank:
            return None
        try:
            return await read_stored_message(self._storage, batch_exit.job, batch_exit.attempt)
        except StoredResultError as error:
            log.warning("result_object_unreadable", job_id=batch_exit.job, error=error.detail)
            return None


async def run_sweep(
    database: Database, jobs_queue: Queue, storage: Storage, stop: asyncio.Event, times: SweepTimes
) -> None:
    """Sweep until `stop` is set."""
    sweep = Sweep(database, jobs_queue, storage, times)
    await run_loop(SWEEP, sweep.once, stop, every_s=times.every_s)


async def _settle(transaction: Transaction, batch_exit: BatchExit, result: StatusMessage | None) -> None:
    if result is not None:
        await apply_status(transaction, result)
    job = await find_and_lock_job(transaction, batch_exit.job)
    if job is not None and job.attempt == batch_exit.attempt and job.rank < JobStatus.FAIL.rank:
        error = AttemptError(batch_exit.code, batch_exit.message)
        await apply_change(transaction, job, _failure(batch_exit, "batch.event", error))
    await _delete_batch_exit(transaction, batch_exit)


async def _dismiss(transaction: Transaction, batch_exit: BatchExit, claimant: str) -> None:
    """Delete the end of a container that did not claim the attempt, and watch the one that did."""
    values = {"job": batch_exit.job, "attempt": batch_exit.attempt, "batch_job": claimant}
    await transaction.execute(_RESULTS["record_claimant"], values)
    await _delete_batch_exit(transaction, batch_exit)
    log.info("batch_exit_dismissed", job_id=batch_exit.job, batch_job=batch_exit.batch_job, claimant=claimant)


async def _delete_batch_exit(transaction: Transaction, batch_exit: BatchExit) -> None:
    values = {"job": batch_exit.job, "attempt": batch_exit.attempt, "batch_job": batch_exit.batch_job}
    await transaction.execute(_RESULTS["delete_batch_exit"], values)


async def _fail_overdue(transaction: Transaction, job: OverdueJob, text: str) -> None:
    locked = await find_and_lock_job(transaction, job.job)
    if locked is not None:
        await apply_change(transaction, locked, _failure(job, "sweep.deadline", AttemptError("infra.deadline", text)))


def _failure(job: BatchExit | OverdueJob, kind: str, error: AttemptError) -> StatusChange:
    return StatusChange(
        job=job.job, attempt=job.attempt, token=job.token, status=JobStatus.FAIL, kind=kind, error=error
    )
