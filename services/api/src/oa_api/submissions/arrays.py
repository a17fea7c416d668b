"""Arrays of attempts that the dispatcher submits in one call (docs/decisions/0023).

An array is written before the call, so that a dispatcher that receives one of its messages again finds all of it.
"""

import hmac
from dataclasses import dataclass

import structlog

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import ConflictError, ForbiddenError, NotFoundError
from oa_api.submissions.reports import SubmissionOutcome, report_submitted
from oa_api.submissions.requests import ArrayChild, NewArray, SubmittedAttempt
from oa_api.submissions.rows import ArrayRow, AssignmentRow, ChildRow, PlacedJobRow
from oa_api.submissions.schemas import MIN_CHILDREN
from oa_shared.ids import child_batch_job, new_token
from oa_shared.status import JobStatus
from oa_shared.transitions import Ignore, StatusReport, decide

_SQL = load_queries("submissions.queries")
_RESULTS = load_queries("jobs.results")


@dataclass(frozen=True, slots=True)
class CreatedArray:
    """A new array and the jobs that are part of it; without an array each job is submitted individually."""

    array: ArrayRow | None
    jobs: list[int]


async def create_array(transaction: Transaction, new: NewArray) -> CreatedArray:
    """Give a place in a new array to each attempt that still waits and has none; the caller has the turn to submit it.

    Nothing is written if they are too few for an array job.
    """
    array = await transaction.first(_SQL["insert_array"], {"token": new_token(), "turn_s": new.turn_s}, into=int)
    values = {
        "array": array,
        "jobs": [attempt.job for attempt in new.attempts],
        "attempts": [attempt.attempt for attempt in new.attempts],
        "tokens": [attempt.token for attempt in new.attempts],
    }
    placed = await transaction.all(_SQL["insert_children"], values, into=PlacedJobRow)
    if len(placed) < MIN_CHILDREN:
        await transaction.execute(_SQL["delete_array"], {"array": array})
        return CreatedArray(None, [])
    size = max(child.place for child in placed) + 1
    row = await transaction.first(_SQL["write_size"], {"array": array, "size": size}, into=ArrayRow)
    return CreatedArray(row, [child.job for child in placed])


async def take_turn(transaction: Transaction, array: int, turn_s: float) -> ArrayRow:
    """Take the turn to submit an array again. Raises ConflictError while another dispatcher has it, or for none."""
    row = await transaction.first(_SQL["take_turn"], {"array": array, "turn_s": turn_s}, into=ArrayRow)
    if row is None:
        raise ConflictError(f"array {array} is submitted by another dispatcher now, or does not exist")
    return row


async def record_array_job(transaction: Transaction, array: int, batch_job: str) -> list[SubmissionOutcome]:
    """Record the array job of an array, and report each of its attempts as submitted. Raises NotFoundError."""
    values = {"array": array, "batch_job": batch_job}
    row = await transaction.first(_SQL["record_array_job"], values, into=ArrayRow)
    if row is None:
        raise NotFoundError(f"array {array} does not exist")
    children = await transaction.all(_SQL["children"], {"array": array}, into=ChildRow)
    attempts = [
        SubmittedAttempt(
            job=child.job,
            attempt=child.attempt,
            token=child.token,
            batch_job=child_batch_job(row.batch_job or batch_job, child.place),
        )
        for child in children
    ]
    return await report_submitted(transaction, attempts)


async def release_array(transaction: Transaction, array: int) -> ArrayRow:
    """Delete an array that Batch refused, so that its attempts are submitted individually. Raises ConflictError."""
    row = await transaction.first(_SQL["delete_array"], {"array": array}, into=ArrayRow)
    if row is None:
        raise ConflictError(f"array {array} has an array job, or does not exist")
    return row


async def assign_child(
    transaction: Transaction, array: int, child: ArrayChild, *, session: str | None
) -> AssignmentRow:
    """Return what the container of a child works on, and record the container for the sweep.

    A container with a `session` gets the attempt of one place only: that of its first request, which it makes before it
    reads anything that others wrote.

    Raises ForbiddenError for another token, ConflictError for a place without an attempt and for an attempt that is
    over: the container has nothing to do then. It waits after a 404, which the API of the previous version returns.
    """
    values = {"array": array, "place": child.place}
    row = await transaction.first(_SQL["assignment"], values, into=AssignmentRow)
    if row is None:
        raise ConflictError(f"array {array} has no attempt at place {child.place}")
    if not hmac.compare_digest(row.array_token.encode(), child.token.encode()):
        raise ForbiddenError(f"the token is not that of array {array}")
    if session is not None:
        bound = await transaction.first(_SQL["bind_container"], {**values, "session": session}, into=int)
        if bound != child.place:
            raise ForbiddenError(f"the container at place {bound} of array {array} requests place {child.place}")
    structlog.contextvars.bind_contextvars(run_id=row.run, job_id=row.job, attempt=row.attempt)
    if isinstance(decide(row.state, StatusReport(JobStatus.SUCCESS, row.attempt, row.token)), Ignore):
        raise ConflictError(f"job {row.job}, attempt {row.attempt} is over: the job is {row.status}")
    if row.batch_job is None:
        container = {"job": row.job, "attempt": row.attempt, "token": row.token, "batch_job": child.batch_job}
        await transaction.execute(_RESULTS["record_container"], container)
    return row
