"""Applying a batch of messages of the results queue in one transaction, each as if it were alone (docs/messages.md)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from oa_api.db.database import Transaction
from oa_api.db.errors import StoreError
from oa_api.db.query_files import load_queries
from oa_api.jobs.results import (
    DUPLICATE,
    PROGRESS,
    ForeignReportError,
    apply_event_to,
    apply_status_to,
    is_token_of,
    log_ids,
)
from oa_api.jobs.rows import LockedJob
from oa_shared.ids import parse_batch_job_name
from oa_shared.messages import JOB_STATUS, BatchEvent, StatusMessage
from oa_shared.status import JobStatus
from oa_shared.transitions import Accept, StatusReport, decide

_SQL = load_queries("jobs.results")
ResultMessage = StatusMessage | BatchEvent
# A transaction with more than 64 savepoints slows down all others that run at its time.
MAX_MESSAGES = 50


@dataclass(frozen=True, slots=True)
class AppliedMessage:
    """A message that the batch applied: its outcome, or the error that it alone has, and the IDs of its job."""

    outcome: str | ForeignReportError | StoreError
    log_ids: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Turn:
    """A message whose turn it is, by its place in the batch, and its locked job."""

    place: int
    message: ResultMessage
    job: LockedJob
    attempt: int

    @property
    def log_ids(self) -> dict[str, object]:
        return log_ids(self.job, self.attempt)


@dataclass(frozen=True, slots=True)
class _ReportRow:
    """What became of a report of `apply_reports`; a duplicate has no effect."""

    job: int
    is_new: bool


def job_and_attempt_of(message: ResultMessage) -> tuple[int, int] | None:
    """Return the job and the attempt that a message is about; None for the end of a foreign container."""
    if isinstance(message, StatusMessage):
        return message.job, message.attempt
    name = parse_batch_job_name(message.job_name)
    return (name.job, name.attempt) if name else None


def places_by_job(messages: Sequence[ResultMessage]) -> dict[int, list[int]]:
    """Return the places of the messages of each job, in the order in which its attempts sent them."""
    places: dict[int, list[int]] = {}
    for place in sorted(range(len(messages)), key=lambda place: _order_of(messages[place])):
        if about := job_and_attempt_of(messages[place]):
            places.setdefault(about[0], []).append(place)
    return places


async def apply_batch(
    transaction: Transaction, messages: Sequence[ResultMessage], *, grace_s: float
) -> dict[int, AppliedMessage]:
    """Apply the messages that can be applied together, and return what became of each by its place.

    Left out, to be applied individually, is each message about a job that another transaction has locked or that does
    not exist. A message that the database rejects undoes only its own changes. Any other error, such as a lost
    conflict, fails the batch: raises StoreError.
    """
    applied: dict[int, AppliedMessage] = {}
    waiting = places_by_job(messages)
    while waiting:
        # The order of their datasets keeps two batches from waiting for each other's published data.
        locked = await transaction.all(_SQL["lock_jobs"], {"jobs": list(waiting)}, into=LockedJob)
        turns = [_take_turn(job, waiting[job.id].pop(0), messages) for job in locked]
        applied |= await _apply_turns(transaction, turns, grace_s=grace_s)
        waiting = {job.id: waiting[job.id] for job in locked if waiting[job.id]}
    return applied


def _order_of(message: ResultMessage) -> tuple[int, bool, int]:
    """Return the key that sorts messages of a job: the end of a container follows the reports of its attempt."""
    _, attempt = job_and_attempt_of(message) or (0, 0)
    is_report = isinstance(message, StatusMessage)
    return attempt, not is_report, message.seq if isinstance(message, StatusMessage) else 0


def _take_turn(job: LockedJob, place: int, messages: Sequence[ResultMessage]) -> _Turn:
    message = messages[place]
    _, attempt = job_and_attempt_of(message) or (job.id, job.attempt)
    return _Turn(place, message, job, attempt)


async def _apply_turns(
    transaction: Transaction, turns: Sequence[_Turn], *, grace_s: float
) -> dict[int, AppliedMessage]:
    """Apply one message of each job: those that only show that an attempt continues together, then the others."""
    applied: dict[int, AppliedMessage] = {}
    common = [turn for turn in turns if _shows_progress(turn)]
    if common:
        try:
            async with transaction.savepoint():
                applied |= await _apply_common(transaction, common)
        except StoreError as error:
            if error.retryable:
                raise
            # One of them is at fault; below, each has its own savepoint.
    for turn in turns:
        if turn.place not in applied:
            applied[turn.place] = await _apply_one(transaction, turn, grace_s=grace_s)
    return applied


def _shows_progress(turn: _Turn) -> bool:
    """Return whether a report only shows that the latest attempt of its job has started or continues.

    `apply_reports` applies such reports as `apply_status_to` would.
    """
    message, job = turn.message, turn.job
    if not isinstance(message, StatusMessage) or message.status.ended or message.error or message.result:
        return False
    if message.attempt != job.attempt or not is_token_of(job, message):
        return False
    return _is_only_progress(message, job) or _moves(message, job)


def _is_only_progress(message: StatusMessage, job: LockedJob) -> bool:
    return message.progress is not None and message.status == job.status and not JobStatus(job.status).ended


def _moves(message: StatusMessage, job: LockedJob) -> bool:
    report = StatusReport(message.status, message.attempt, message.token)
    return isinstance(decide(job.state, report), Accept)


async def _apply_common(transaction: Transaction, turns: Sequence[_Turn]) -> dict[int, AppliedMessage]:
    """Apply one such report of each job in one statement."""
    reports = [(turn, turn.message) for turn in turns if isinstance(turn.message, StatusMessage)]
    moves = [_moves(message, turn.job) for turn, message in reports]
    values = {
        "kind": JOB_STATUS,
        "duplicate": DUPLICATE,
        "jobs": [turn.job.id for turn, _ in reports],
        "runs": [turn.job.run_id for turn, _ in reports],
        "attempts": [message.attempt for _, message in reports],
        "tokens": [message.token for _, message in reports],
        "seqs": [message.seq for _, message in reports],
        "statuses": [str(message.status) for _, message in reports],
        "ranks": [message.status.rank for _, message in reports],
        "moves": moves,
        "progress": [json.dumps(message.progress) if message.progress is not None else None for _, message in reports],
    }
    rows = await transaction.all(_SQL["apply_reports"], values, into=_ReportRow)
    new = {row.job for row in rows if row.is_new}
    applied: dict[int, AppliedMessage] = {}
    for (turn, message), is_move in zip(reports, moves, strict=True):
        outcome = str(message.status) if is_move else PROGRESS
        applied[turn.place] = AppliedMessage(outcome if turn.job.id in new else DUPLICATE, turn.log_ids)
    return applied


async def _apply_one(transaction: Transaction, turn: _Turn, *, grace_s: float) -> AppliedMessage:
    """Apply a message in its own savepoint. Raises StoreError if the batch cannot continue."""
    with structlog.contextvars.bound_contextvars(**turn.log_ids):
        try:
            async with transaction.savepoint():
                outcome = await _apply(transaction, turn, grace_s=grace_s)
        except (ForeignReportError, StoreError) as error:
            if error.retryable:
                raise
            return AppliedMessage(error, turn.log_ids)
    return AppliedMessage(outcome, turn.log_ids)


async def _apply(transaction: Transaction, turn: _Turn, *, grace_s: float) -> str:
    if isinstance(turn.message, StatusMessage):
        return await apply_status_to(transaction, turn.job, turn.message)
    return await apply_event_to(transaction, turn.job, turn.message, grace_s=grace_s)
