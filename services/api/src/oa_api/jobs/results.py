"""One message of the results queue, applied in one transaction (DESIGN section 4.4)."""

import json
from dataclasses import dataclass, replace
from typing import Any

import structlog

from oa_api.db.database import Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.jobs import product_delivery, publishing
from oa_api.jobs.batch_failure import failure_of
from oa_api.jobs.outbox import job_message
from oa_shared.ids import new_token, parse_batch_job_name
from oa_shared.job_kinds import JobKind
from oa_shared.messages import BatchEvent, StatusMessage, dump
from oa_shared.retries import Retry, plan_retry
from oa_shared.scheduling import Tier
from oa_shared.status import JobStatus
from oa_shared.tracing import trace_id
from oa_shared.transitions import Accept, JobState, StatusReport, decide

_SQL = load_queries("jobs.results")
_UNKNOWN_JOB = "unknown_job"
_DUPLICATE = "duplicate"
_RETRIED = "retried"
RERUN = "job.rerun"
_ENDED_IN_BATCH = frozenset({"SUCCEEDED", "FAILED", "LOST"})


@dataclass(frozen=True, slots=True)
class Move:
    """A report together with what it brings along."""

    job: int
    attempt: int
    token: str
    status: JobStatus
    kind: str
    batch_job: str | None = None
    error: dict[str, str] | None = None
    result: dict[str, Any] | None = None


async def apply_status(transaction: Transaction, message: StatusMessage) -> str:
    """Apply a task's report and return what became of it: a status, or the reason for ignoring it."""
    row = await transaction.first(_SQL["lock_job"], {"job": message.job})
    if row is None:
        return _UNKNOWN_JOB
    _bind(row, message.attempt)
    identity = {"job": message.job, "attempt": message.attempt, "token": message.token}
    if not await transaction.execute(_SQL["record_message"], {**identity, "seq": message.seq}):
        await record(transaction, _move_of(message), accepted=False, reason=_DUPLICATE)
        return _DUPLICATE
    if message.progress is not None:
        await transaction.execute(_SQL["record_progress"], {**identity, "progress": json.dumps(message.progress)})
    if message.progress is not None and row["status"] == message.status:
        return "progress"
    return await apply_move(transaction, row, _move_of(message))


async def apply_event(transaction: Transaction, event: BatchEvent, *, grace_s: float) -> str:
    """Note what Batch says of an ended container; it counts only if no result comes within `grace_s` seconds."""
    name = parse_batch_job_name(event.job_name)
    if name is None:
        return "foreign_job"
    row = await transaction.first(_SQL["lock_job"], {"job": name.job})
    if row is None:
        return _UNKNOWN_JOB
    _bind(row, name.attempt)
    if row["attempt"] != name.attempt or not row["token"].startswith(name.token_start):
        return "other_attempt"
    if event.status not in _ENDED_IN_BATCH or row["rank"] == JobStatus.FAIL.rank:
        return "not_needed"
    code, message = failure_of(event)
    values = {"job": row["id"], "attempt": name.attempt, "batch_job": event.batch_job}
    values |= {"code": code, "message": message, "grace_s": grace_s}
    await transaction.execute(_SQL["record_batch_exit"], values)
    return "noted"


def _bind(row: Row, attempt: int) -> None:
    """Put the job on every line of the log from here on."""
    ids = {"run_id": row["run_id"], "job_id": row["id"], "attempt": attempt}
    structlog.contextvars.bind_contextvars(**ids, request_id=trace_id(row["traceparent"]))


async def apply_move(transaction: Transaction, row: Row, move: Move) -> str:
    """Make a move if the table of legal moves allows it; retry a failure, publish a success."""
    state = JobState(
        status=JobStatus(row["status"]), attempt=row["attempt"], token=row["token"], error_code=row["error_code"]
    )
    outcome = decide(state, StatusReport(status=move.status, attempt=move.attempt, token=move.token))
    if not isinstance(outcome, Accept):
        await record(transaction, move, accepted=False, reason=outcome.reason)
        await _note_container(transaction, move)
        return str(outcome.reason)
    status = await _gated_status(transaction, row, move)
    await _write(transaction, move, status)
    await record(transaction, replace(move, status=status), accepted=True)
    if status is JobStatus.SUCCESS:
        await _deliver(transaction, row)
    if status is JobStatus.FAIL and await retry(transaction, row, move):
        return _RETRIED
    return str(status)


async def _deliver(transaction: Transaction, row: Row) -> None:
    """Offer what was made: data of a live run, or a product, whatever its run."""
    if row["kind"] != JobKind.SOURCE:
        await product_delivery.deliver(transaction, row)
    elif row["live"]:
        await publishing.publish(transaction, row)


async def retry(transaction: Transaction, row: Row, move: Move) -> bool:
    """Follow a failure with another attempt if its class allows one."""
    code = (move.error or {}).get("code", "bug.no_result")
    earlier = await transaction.all(_SQL["earlier_codes"], {"job": move.job, "attempt": move.attempt})
    plan = plan_retry(code, [item["error_code"] for item in earlier], Tier(row["tier"]))
    if plan is None:
        return False
    await start_attempt(transaction, row, plan)
    return True


async def start_attempt(transaction: Transaction, row: Row, plan: Retry, *, kind: str = "job.retried") -> int:
    """Open the next attempt of a job, write its message to the outbox and the event `kind`; return its number."""
    token = new_token()
    values = {"job": row["id"], "attempt": row["attempt"], "new_token": token, "tier": plan.tier}
    opened = await transaction.all(_SQL["next_attempt"], values)
    attempt = int(opened[0]["attempt"])
    body = dump(job_message(row, attempt=attempt, token=token, tier=plan.tier))
    await transaction.execute(
        _SQL["insert_attempt"], {"job": row["id"], "attempt": attempt, "token": token, "tier": plan.tier}
    )
    await transaction.execute(
        _SQL["insert_outbox"], {"job": row["id"], "attempt": attempt, "body": body, "delay_s": plan.delay_s}
    )
    opened_move = Move(job=row["id"], attempt=attempt, token=token, status=JobStatus.PENDING, kind=kind)
    await record(transaction, opened_move, accepted=True)
    return attempt


def _move_of(message: StatusMessage) -> Move:
    return Move(
        job=message.job,
        attempt=message.attempt,
        token=message.token,
        status=message.status,
        kind=message.kind,
        error=message.error,
        result=message.result,
    )


async def _gated_status(transaction: Transaction, row: Row, move: Move) -> JobStatus:
    is_published = row["live"] and row["kind"] == JobKind.SOURCE
    if move.status is not JobStatus.SUCCESS or not is_published:
        return move.status
    reasons = await publishing.gate(transaction, row, move.result)
    if not reasons:
        return move.status
    await publishing.hold_back(transaction, row, reasons)
    return JobStatus.WARN


async def _write(transaction: Transaction, move: Move, status: JobStatus) -> None:
    error = move.error or {}
    if status is JobStatus.FAIL and not error:
        error = {"code": "bug.no_result", "message": "the task failed without saying why"}
    values = {
        "job": move.job,
        "attempt": move.attempt,
        "token": move.token,
        "status": status,
        "rank": status.rank,
        "batch_job": move.batch_job,
        "error_code": error.get("code"),
        "error_message": error.get("message"),
        "result": json.dumps(move.result) if move.result is not None else None,
    }
    await transaction.execute(_SQL["move"], values)
    await transaction.execute(_SQL["move_attempt"], values)


async def _note_container(transaction: Transaction, move: Move) -> None:
    """Keep the name of the container whose own report overtook the one that names it: the sweep looks for it."""
    if move.batch_job:
        values = {"job": move.job, "attempt": move.attempt, "token": move.token, "batch_job": move.batch_job}
        await transaction.execute(_SQL["record_container"], values)


async def record(transaction: Transaction, move: Move, *, accepted: bool, reason: str | None = None) -> None:
    """Write a report into the job's history."""
    detail = {"status": move.status, "error": move.error, "batch_job": move.batch_job}
    told = {key: value for key, value in detail.items() if value is not None}
    values = {
        "job": move.job,
        "attempt": move.attempt,
        "kind": move.kind,
        "accepted": accepted,
        "reason": reason,
        "detail": json.dumps(told),
    }
    await transaction.execute(_SQL["record_event"], values)
