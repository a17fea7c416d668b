"""Actions on an existing job, each in the transaction of the caller: report, rerun, cancel, confirm, reject."""

from datetime import UTC
from typing import Protocol, TypeVar

import structlog

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import ConflictError
from oa_api.identity import audit_log
from oa_api.identity.permission import require_for_job
from oa_api.identity.principal import Principal
from oa_api.jobs import publishing
from oa_api.jobs.attempts import RERUN, start_attempt
from oa_api.jobs.file_deletion import find_deletion
from oa_api.jobs.locks import lock_job
from oa_api.jobs.requests import AttemptReport
from oa_api.jobs.results import apply_change
from oa_api.jobs.rows import AttemptError, LockedJob
from oa_api.jobs.status_change import StatusChange
from oa_shared.retries import Retry
from oa_shared.roles import Role
from oa_shared.scheduling import Tier
from oa_shared.status import JobStatus

_SQL = load_queries("jobs.results")
_OUTBOX = load_queries("jobs.outbox")
_VERBS = {
    "job.rerun": "restarted",
    "job.run_now": "started",
    "job.cancel": "canceled",
    "job.confirm": "confirmed",
    "job.reject": "rejected",
}
_Result_co = TypeVar("_Result_co", covariant=True)


class RefusedActionError(ConflictError):
    """The state of a job refuses an action; `reason` is the same text for all jobs in this state.

    The detail also names the job and, for moderators, the latest action on it.
    """

    def __init__(self, job: int, reason: str, latest: str) -> None:
        super().__init__(f"job {job} {reason}{latest}")
        self.reason = reason


class JobAction(Protocol[_Result_co]):
    """An action of a principal on a job; the audit log keeps the reason."""

    async def __call__(self, transaction: Transaction, job: int, *, by: Principal, reason: str = "") -> _Result_co:
        """Take the action. Raises NotFoundError, ForbiddenError, ConflictError."""


async def report_status(transaction: Transaction, job: int, report: AttemptReport) -> str:
    """Apply the report of a service; return the new status, or the reason for ignoring it. Raises NotFoundError."""
    locked = await _lock_for_request(transaction, job, attempt=report.attempt)
    change = StatusChange(
        job=job,
        attempt=report.attempt,
        token=report.token,
        status=report.status,
        kind="api.patch",
        batch_job=report.batch_job,
        error=AttemptError(report.code, report.message or "") if report.code else None,
    )
    return await apply_change(transaction, locked, change)


async def rerun(transaction: Transaction, job: int, *, by: Principal, reason: str = "") -> int:
    """Start a new attempt of an ended job and return its number. Raises ConflictError while it runs."""
    locked = await _lock_for_request(transaction, job)
    require_for_job(by, live=locked.live, kind=locked.kind, owner=locked.owner)
    if not JobStatus(locked.status).ended:
        raise await _refuse(transaction, locked, by, "cancel it first")
    await publishing.supersede_review_reasons(transaction, job)
    await transaction.execute(_SQL["reopen"], {"job": job})
    await audit_log.record(transaction, by, action="job.rerun", subject=f"job/{job}", reason=reason)
    return await start_attempt(transaction, locked, Retry(0, Tier(locked.tier)), kind=RERUN)


async def run_now(transaction: Transaction, job: int, *, by: Principal, reason: str = "") -> int:
    """Start the attempt of a job that waits for its retry now, and return its number. Raises ConflictError."""
    locked = await _lock_for_request(transaction, job)
    require_for_job(by, live=locked.live, kind=locked.kind, owner=locked.owner)
    attempt = await transaction.first(_OUTBOX["send_now"], {"job": job, "attempt": locked.attempt}, into=int)
    if attempt is None:
        raise await _refuse(transaction, locked, by, "it does not wait for a retry")
    await audit_log.record(transaction, by, action="job.run_now", subject=f"job/{job}", reason=reason)
    return attempt


async def cancel(transaction: Transaction, job: int, *, by: Principal, reason: str = "") -> None:
    """Cancel a job that has not ended; the dispatcher's sweep stops its container. Raises ConflictError."""
    locked = await _lock_for_request(transaction, job)
    require_for_job(by, live=locked.live, kind=locked.kind, owner=locked.owner)
    if JobStatus(locked.status).ended:
        raise await _refuse(transaction, locked, by, "it has ended already")
    change = StatusChange(
        job=job,
        attempt=locked.attempt,
        token=locked.token,
        status=JobStatus.CANCELED,
        kind="api.cancel",
        error=AttemptError("operator.canceled", "an operator canceled the job"),
    )
    await apply_change(transaction, locked, change)
    await audit_log.record(transaction, by, action="job.cancel", subject=f"job/{job}", reason=reason)


async def confirm(transaction: Transaction, job: int, *, by: Principal, reason: str = "") -> None:
    """Accept a result that needs review. Raises ConflictError."""
    locked = await _lock_for_request(transaction, job)
    if await find_deletion(transaction, job=job, attempt=locked.attempt):
        raise ConflictError(f"job {job} has no files anymore: rerun it")
    if not await publishing.confirm(transaction, locked):
        raise await _refuse(transaction, locked, by, "it does not need review")
    await audit_log.record(transaction, by, action="job.confirm", subject=f"job/{job}", reason=reason)


async def reject(transaction: Transaction, job: int, *, by: Principal, reason: str = "") -> None:
    """End a job that needs review as failed. Raises ConflictError."""
    locked = await _lock_for_request(transaction, job)
    if not await publishing.reject(transaction, locked):
        raise await _refuse(transaction, locked, by, "it does not need review")
    await audit_log.record(transaction, by, action="job.reject", subject=f"job/{job}", reason=reason)


async def _refuse(transaction: Transaction, locked: LockedJob, by: Principal, why: str) -> RefusedActionError:
    """Return the error of an action that the state of the job refuses, for moderators with the latest action on it.

    Two operators often decide on the same job: the second one has to see what the first one did.
    """
    latest = await audit_log.find_latest(transaction, f"job/{locked.id}") if by.has_role(Role.MODERATOR) else None
    text = ""
    if latest is not None and (verb := _VERBS.get(latest.action)):
        who = "you" if latest.account is not None and latest.account == by.id else latest.actor
        text = f"; {who} {verb} it at {latest.created_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return RefusedActionError(locked.id, f"is {locked.status}: {why}", text)


async def _lock_for_request(transaction: Transaction, job: int, *, attempt: int | None = None) -> LockedJob:
    """Lock the job of a request, and add its IDs to the log lines of the request."""
    locked = await lock_job(transaction, job)
    structlog.contextvars.bind_contextvars(run_id=locked.run_id, attempt=attempt or locked.attempt)
    return locked
