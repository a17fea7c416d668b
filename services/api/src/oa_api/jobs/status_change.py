"""A change of an attempt's status, and how it is recorded in the events of its job."""

import json
from dataclasses import asdict, dataclass

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.jobs.rows import AttemptError
from oa_shared.job_result import with_attempt_keys
from oa_shared.json_types import JsonObject
from oa_shared.messages import StatusMessage
from oa_shared.status import JobStatus

_SQL = load_queries("jobs.results")


@dataclass(frozen=True, slots=True)
class KeptAttempt:
    """The published attempt whose files a job keeps because its source has not changed."""

    job: int
    attempt: int


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A status that is reported for an attempt; `kind` names the kind of event that records it."""

    job: int
    attempt: int
    token: str
    status: JobStatus
    kind: str
    batch_job: str | None = None
    error: AttemptError | None = None
    result: JsonObject | None = None
    kept: KeptAttempt | None = None

    @classmethod
    def of_message(cls, message: StatusMessage) -> "StatusChange":
        """Return the change that a task reports."""
        return cls(
            job=message.job,
            attempt=message.attempt,
            token=message.token,
            status=message.status,
            kind=message.kind,
            error=AttemptError(message.error["code"], message.error["message"]) if message.error else None,
            result=with_attempt_keys(message.result, job=message.job, attempt=message.attempt)
            if message.result
            else None,
        )


async def record_change(
    transaction: Transaction, change: StatusChange, *, accepted: bool, reason: str | None = None
) -> None:
    """Record a change in the events of its job, with the reason if it is ignored."""
    error = asdict(change.error) if change.error else None
    kept_job = change.kept.job if change.kept else None
    detail = {"status": change.status, "error": error, "batch_job": change.batch_job, "kept_job": kept_job}
    values = {
        "job": change.job,
        "attempt": change.attempt,
        "kind": change.kind,
        "accepted": accepted,
        "reason": reason,
        "detail": json.dumps({key: value for key, value in detail.items() if value is not None}),
    }
    await transaction.execute(_SQL["record_event"], values)
