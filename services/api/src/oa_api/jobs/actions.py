"""What a person, or a report, does to a job that is there: each within the transaction of the caller."""

from typing import Any

import structlog

from oa_api.db.database import Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import ConflictError, NotFoundError
from oa_api.identity import audit_log
from oa_api.identity.permission import require_for_job
from oa_api.identity.principal import Principal
from oa_api.jobs import publishing
from oa_api.jobs.file_deletion import expired_part
from oa_api.jobs.results import RERUN, Move, apply_move, start_attempt
from oa_shared.retries import Retry
from oa_shared.scheduling import Tier
from oa_shared.status import JobStatus

_PUBLISH = load_queries("jobs.publishing")
_RESULTS = load_queries("jobs.results")


async def lock_job(transaction: Transaction, job: int) -> Row:
    """Return a job that nobody else changes meanwhile. Raises NotFoundError."""
    row = await transaction.first(_RESULTS["lock_job"], {"job": job})
    if row is None:
        raise NotFoundError(f"there is no job {job}")
    return row


async def _job_of_request(transaction: Transaction, job: int, *, attempt: int | None = None) -> Row:
    """Lock the job that a request is about, and put its ids on the request's lines of the log."""
    row = await lock_job(transaction, job)
    structlog.contextvars.bind_contextvars(run_id=row["run_id"], attempt=attempt or row["attempt"])
    return row


async def report(transaction: Transaction, job: int, asked: dict[str, Any]) -> str:
    """Apply a guarded move that one of our services reports, and return what became of it. Raises NotFoundError."""
    row = await _job_of_request(transaction, job, attempt=asked["attempt"])
    error = {"code": asked["code"], "message": asked["message"] or ""} if asked["code"] else None
    move = Move(
        job=job,
        attempt=asked["attempt"],
        token=asked["token"],
        status=asked["status"],
        kind="api.patch",
        batch_job=asked["batch_job"],
        error=error,
    )
    return await apply_move(transaction, row, move)


async def rerun(transaction: Transaction, job: int, *, by: Principal, reason: str = "") -> int:
    """Open a new attempt of an ended job and return its number. Raises ConflictError while it runs."""
    row = await _job_of_request(transaction, job)
    require_for_job(by, live=row["live"], kind=row["kind"])
    if not JobStatus(row["status"]).ended:
        raise ConflictError(f"job {job} is {row['status']}: cancel it first")
    await transaction.execute(_PUBLISH["close_review_reasons"], {"job": job, "state": "superseded"})
    await transaction.execute(_RESULTS["reopen"], {"job": job})
    await audit_log.record(transaction, by, action="job.rerun", subject=f"job/{job}", reason=reason)
    return await start_attempt(transaction, row, Retry(0, Tier(row["tier"])), kind=RERUN)


async def cancel(transaction: Transaction, job: int, *, by: Principal, reason: str = "") -> None:
    """End a job that has not ended; the dispatcher's sweep stops its container. Raises ConflictError."""
    row = await _job_of_request(transaction, job)
    require_for_job(by, live=row["live"], kind=row["kind"])
    if JobStatus(row["status"]).ended:
        raise ConflictError(f"job {job} has ended already: {row['status']}")
    error = {"code": "operator.cancelled", "message": "an operator cancelled the job"}
    move = Move(
        job=job,
        attempt=row["attempt"],
        token=row["token"],
        status=JobStatus.CANCELLED,
        kind="api.cancel",
        error=error,
    )
    await apply_move(transaction, row, move)
    await audit_log.record(transaction, by, action="job.cancel", subject=f"job/{job}", reason=reason)


async def confirm(transaction: Transaction, job: int, *, by: Principal, reason: str = "") -> None:
    """Let a job through that the quality gate holds back. Raises ConflictError."""
    row = await _job_of_request(transaction, job)
    if await expired_part(transaction, job=job, attempt=row["attempt"]):
        raise ConflictError(f"the files of job {job} have been removed: run it again")
    if not await publishing.confirm(transaction, row):
        raise ConflictError(f"job {job} is {row['status']}, not held back")
    await audit_log.record(transaction, by, action="job.confirm", subject=f"job/{job}", reason=reason)


async def reject(transaction: Transaction, job: int, *, by: Principal, reason: str = "") -> None:
    """End a job as failed that the quality gate holds back. Raises ConflictError."""
    row = await _job_of_request(transaction, job)
    if not await publishing.reject(transaction, row):
        raise ConflictError(f"job {job} is {row['status']}, not held back")
    await audit_log.record(transaction, by, action="job.reject", subject=f"job/{job}", reason=reason)
