"""The end of a job whose message no queue accepts: it fails with a code instead of at its deadline."""

from dataclasses import dataclass
from functools import partial

import structlog

from oa_api.db.database import Database, Transaction
from oa_api.db.errors import StoreError
from oa_api.db.query_files import load_queries
from oa_api.jobs.locks import find_and_lock_job
from oa_api.jobs.results import apply_change
from oa_api.jobs.rows import AttemptError
from oa_api.jobs.status_change import StatusChange
from oa_shared.status import JobStatus

log = structlog.get_logger()
_SQL = load_queries("jobs.outbox_relay")
_KIND = "relay.refused"
_CODE = "infra.undeliverable"


@dataclass(frozen=True, slots=True)
class UndeliverableMessage:
    """A message of the outbox that was refused `tries` times, the last time for `reason`."""

    id: int
    job: int
    attempt: int
    tries: int
    reason: str


async def abandon_message(database: Database, message: UndeliverableMessage) -> None:
    """Delete a message and fail its job; if the database rejects that, the relay retries it after a pause."""
    try:
        await database.run(partial(_fail_job, message=message))
    except StoreError as error:
        if error.retryable:
            raise
        log.error("abandoned_job_not_ended", job_id=message.job, error=error.detail)  # noqa: TRY400 - no trace
        return
    log.error(
        "message_abandoned", job_id=message.job, attempt=message.attempt, tries=message.tries, error=message.reason
    )


async def _fail_job(transaction: Transaction, message: UndeliverableMessage) -> None:
    await transaction.execute(_SQL["delete_messages"], {"ids": [message.id]})
    job = await find_and_lock_job(transaction, message.job)
    if job is None:
        return
    tries = "try" if message.tries == 1 else "tries"
    text = f"the message of attempt {message.attempt} did not reach the jobs queue in {message.tries} {tries}"
    change = StatusChange(
        job=message.job,
        attempt=message.attempt,
        token=job.token,
        status=JobStatus.FAIL,
        kind=_KIND,
        error=AttemptError(_CODE, f"{text}: {message.reason}"),
    )
    await apply_change(transaction, job, change)
