"""Applying one message of the results queue in one transaction (docs/messages.md)."""

import hmac
import json
from dataclasses import replace

import structlog

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.jobs import publishing
from oa_api.jobs.attempts import retry
from oa_api.jobs.batch_failure import failure_of
from oa_api.jobs.locks import find_and_lock_job
from oa_api.jobs.product_delivery import deliver_product
from oa_api.jobs.rows import AttemptError, LockedJob
from oa_api.jobs.status_change import StatusChange, record_change
from oa_api.jobs.unchanged import record_check, resolve_unchanged
from oa_shared.errors import OaError
from oa_shared.ids import parse_batch_job_name
from oa_shared.job_kinds import JobKind
from oa_shared.messages import BatchEvent, StatusMessage
from oa_shared.status import JobStatus
from oa_shared.tracing import trace_id
from oa_shared.transitions import Accept, StatusReport, decide

_SQL = load_queries("jobs.results")
_UNKNOWN_JOB, _FOREIGN_JOB = "unknown_job", "foreign_job"
DUPLICATE = "duplicate"
PROGRESS = "progress"
_RETRIED = "retried"
_NO_RESULT = "bug.no_result"
LOG_IDS = ("run_id", "job_id", "attempt", "request_id")
_ENDED_IN_BATCH = frozenset({"SUCCEEDED", "FAILED", "LOST"})


class ForeignReportError(OaError):
    """A report has a token that its attempt never had: another container sent it."""

    code = "result.foreign"
    title = "The report is not from the container of the attempt."


async def apply_status(transaction: Transaction, message: StatusMessage) -> str:
    """Apply the report of a task; return the new status of the job, or the reason for ignoring the report.

    Raises ForeignReportError, and changes nothing then: not even an event is recorded.
    """
    job = await find_and_lock_job(transaction, message.job)
    if job is None:
        return _UNKNOWN_JOB
    return await apply_status_to(transaction, job, message)


async def apply_status_to(transaction: Transaction, job: LockedJob, message: StatusMessage) -> str:
    """Apply the report of a task to its job, as `apply_status` does."""
    await _check_token(transaction, job, message)
    structlog.contextvars.bind_contextvars(**log_ids(job, message.attempt))
    identity = {"job": message.job, "attempt": message.attempt, "token": message.token}
    change = StatusChange.of_message(message)
    if not await transaction.execute(_SQL["record_message"], {**identity, "seq": message.seq}):
        await record_change(transaction, change, accepted=False, reason=DUPLICATE)
        return DUPLICATE
    if message.progress is not None:
        await transaction.execute(_SQL["record_progress"], {**identity, "progress": json.dumps(message.progress)})
    if message.progress is not None and job.status == message.status:
        return PROGRESS
    return await apply_change(transaction, job, change)


async def apply_event(transaction: Transaction, event: BatchEvent, *, grace_s: float) -> str:
    """Record how Batch ended a container; it becomes the result unless the task's own arrives within `grace_s`."""
    name = parse_batch_job_name(event.job_name)
    if name is None:
        return _FOREIGN_JOB
    job = await find_and_lock_job(transaction, name.job)
    if job is None:
        return _UNKNOWN_JOB
    return await apply_event_to(transaction, job, event, grace_s=grace_s)


async def apply_event_to(transaction: Transaction, job: LockedJob, event: BatchEvent, *, grace_s: float) -> str:
    """Record the end of a container of a job, as `apply_event` does."""
    name = parse_batch_job_name(event.job_name)
    if name is None:
        return _FOREIGN_JOB
    structlog.contextvars.bind_contextvars(**log_ids(job, name.attempt))
    if job.attempt != name.attempt or not job.token.startswith(name.token_start):
        return "other_attempt"
    if event.status not in _ENDED_IN_BATCH or job.rank == JobStatus.FAIL.rank:
        return "not_needed"
    code, message = failure_of(event)
    values = {"job": job.id, "attempt": name.attempt, "batch_job": event.batch_job}
    values |= {"code": code, "message": message, "grace_s": grace_s}
    await transaction.execute(_SQL["record_batch_exit"], values)
    return "noted"


def is_token_of(job: LockedJob, message: StatusMessage) -> bool:
    """Return whether a report has the token of the latest attempt."""
    return hmac.compare_digest(job.token, message.token)


async def _check_token(transaction: Transaction, job: LockedJob, message: StatusMessage) -> None:
    """Raise ForeignReportError unless the token is that of the attempt; an attempt of the past has its own."""
    values = {"job": message.job, "attempt": message.attempt}
    is_latest = message.attempt == job.attempt
    token = job.token if is_latest else await transaction.first(_SQL["token_of_attempt"], values, into=str)
    # After a restore of the database, containers report attempts that it does not know yet.
    if token is not None and not hmac.compare_digest(token, message.token):
        raise ForeignReportError(f"the token is not that of job {message.job}, attempt {message.attempt}")


def log_ids(job: LockedJob, attempt: int) -> dict[str, object]:
    """Return the IDs of a job that the log lines about an attempt have."""
    return dict(zip(LOG_IDS, (job.run_id, job.id, attempt, trace_id(job.traceparent)), strict=True))


async def apply_change(transaction: Transaction, job: LockedJob, change: StatusChange) -> str:
    """Apply a change if the transitions allow it; publish a success, retry a failure.

    Returns the new status of the job, `retried`, or the reason for ignoring the change.
    """
    change = await resolve_unchanged(transaction, job, change)
    outcome = decide(job.state, StatusReport(status=change.status, attempt=change.attempt, token=change.token))
    if not isinstance(outcome, Accept):
        await record_change(transaction, change, accepted=False, reason=outcome.reason)
        await _record_container(transaction, change)
        return str(outcome.reason)
    status = await _accepted_status(transaction, job, change)
    await _write_status(transaction, change, status)
    await record_change(transaction, replace(change, status=status), accepted=True)
    if status is JobStatus.SUCCESS and job.kind != JobKind.SOURCE:
        await deliver_product(transaction, job)
    elif change.kept is not None:
        await record_check(transaction, job)
    elif status is JobStatus.SUCCESS and job.live:
        await publishing.publish(transaction, job)
    elif status is JobStatus.FAIL:
        code = change.error.code if change.error else _NO_RESULT
        return _RETRIED if await retry(transaction, job, change.attempt, code) else str(status)
    return str(status)


async def _accepted_status(transaction: Transaction, job: LockedJob, change: StatusChange) -> JobStatus:
    """Return Warn for a result to be published that does not pass the quality gate, else the reported status.

    A result that keeps the published files has passed it before.
    """
    is_new = change.status is JobStatus.SUCCESS and change.kept is None
    is_publishable = is_new and job.live and job.kind == JobKind.SOURCE
    if is_publishable and not await publishing.pass_gate(transaction, job, change.result):
        return JobStatus.WARN
    return change.status


async def _write_status(transaction: Transaction, change: StatusChange, status: JobStatus) -> None:
    error = change.error
    if status is JobStatus.FAIL and error is None:
        error = AttemptError(_NO_RESULT, "the task failed without a reason")
    values = {
        "job": change.job,
        "attempt": change.attempt,
        "token": change.token,
        "status": status,
        "rank": status.rank,
        "batch_job": change.batch_job,
        "error_code": error.code if error else None,
        "error_message": error.message if error else None,
        "result": json.dumps(change.result) if change.result is not None else None,
        "kept_job": change.kept.job if change.kept else None,
        "kept_attempt": change.kept.attempt if change.kept else None,
    }
    await transaction.execute(_SQL["update_status"], values)


async def _record_container(transaction: Transaction, change: StatusChange) -> None:
    """Store the Batch job of an ignored report: the sweep looks for the container by it.

    The container's own report may arrive before the dispatcher's, which names the Batch job.
    """
    if change.batch_job:
        values = {"job": change.job, "attempt": change.attempt, "token": change.token, "batch_job": change.batch_job}
        await transaction.execute(_SQL["record_container"], values)
