"""One action on every job of a filter: counted first, chosen in one transaction, done in small steps."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

import structlog

from oa_api.background.takes import MAX_TAKES, TakenKind, take_items
from oa_api.bulk_actions.requests import BulkAction, BulkListFilter, NewBulkAction
from oa_api.bulk_actions.rows import BulkActionRow, ClaimedBulkAction, SkipReason, StatusCount
from oa_api.db.counting import Total, count_rows
from oa_api.db.database import Database, Transaction
from oa_api.db.pages import Page
from oa_api.db.query_files import load_queries
from oa_api.db.rows import as_parameters
from oa_api.http.errors import ApiError, ConflictError, InvalidError, NotFoundError
from oa_api.http.idempotency import Idempotency
from oa_api.identity import audit_log
from oa_api.identity.principal import Principal
from oa_api.jobs import actions
from oa_api.jobs.actions import JobAction, RefusedActionError
from oa_api.jobs.filters import select_parameters
from oa_api.jobs.requests import JobSelection
from oa_shared.errors import OaError
from oa_shared.json_types import JsonObject
from oa_shared.roles import Role
from oa_shared.status import JobStatus
from oa_shared.value_text import plural

log = structlog.get_logger()
_SQL = load_queries("bulk_actions.queries")
# One step is one transaction. It is small because readers of the event feed wait for the oldest writing transaction.
_STEP_JOBS = 25
_ABANDONED = f"the process ended {MAX_TAKES} times in this job; see the log"
_ENDED = tuple(status for status in JobStatus if status.ended)
_UNENDED = tuple(status for status in JobStatus if not status.ended)
_STATUSES: Mapping[BulkAction, tuple[JobStatus, ...]] = {
    BulkAction.RERUN: _ENDED,
    BulkAction.CANCEL: _UNENDED,
    BulkAction.CONFIRM: (JobStatus.WARN,),
    BulkAction.REJECT: (JobStatus.WARN,),
}
_JOB_ACTIONS: Mapping[BulkAction, JobAction[object]] = {
    BulkAction.RERUN: actions.rerun,
    BulkAction.CANCEL: actions.cancel,
    BulkAction.CONFIRM: actions.confirm,
    BulkAction.REJECT: actions.reject,
}


def narrow(action: BulkAction, selection: JobSelection) -> JobSelection:
    """Return the part of a selection whose status allows the action. Raises InvalidError when that is none."""
    allowed = _STATUSES[action]
    statuses = [str(status) for status in allowed if selection.status is None or status in selection.status]
    if not statuses:
        message = f"{action} requires jobs with status {', '.join(allowed)}"
        raise InvalidError(message, fields={"filter": {"status": [message]}})
    return replace(selection, status=statuses)


async def count_matching(reader: Database | Transaction, selection: JobSelection) -> Total:
    """Return how many jobs match; counting stops at 10,000."""
    return await count_rows(reader, _SQL["count_matching"], select_parameters(selection))


async def count_by_status(database: Database, selection: JobSelection) -> list[StatusCount]:
    """Return how many matching jobs have each status."""
    return await database.all(_SQL["matching_by_status"], select_parameters(selection), into=StatusCount)


async def start(transaction: Transaction, new: NewBulkAction, *, by: Principal, idempotency: Idempotency) -> int:
    """Choose the jobs and return the ID of the bulk action; a repeated request gets the ID of the first.

    Raises ConflictError when the number of matching jobs is not the expected one.
    """
    stored_id = await idempotency.find_id(transaction)
    if stored_id is not None:
        return stored_id
    selection = narrow(new.action, new.filter)
    total = await count_matching(transaction, selection)
    if total.rows != new.expected:
        raise _count_conflict(new.expected, total)
    bulk_action_id = await _insert(transaction, new, by)
    values = {**select_parameters(selection), "bulk_action": bulk_action_id, "limit": new.limit}
    jobs = await transaction.execute(_SQL["insert_jobs"], values)
    if jobs != min(total.rows, new.limit) and not total.is_estimate:
        raise _count_conflict(new.expected, Total(jobs))
    await transaction.execute(_SQL["record_job_count"], {"bulk_action": bulk_action_id, "jobs": jobs})
    detail = {"action": new.action, "filter": filter_as_json(new.filter), "jobs": jobs}
    subject = f"bulk/{bulk_action_id}"
    await audit_log.record(transaction, by, action="job.bulk", subject=subject, reason=new.reason, detail=detail)
    await idempotency.save_response(transaction, {"id": bulk_action_id})
    return bulk_action_id


async def _insert(transaction: Transaction, new: NewBulkAction, by: Principal) -> int:
    values = {
        "action": new.action,
        "filter": json.dumps(filter_as_json(new.filter)),
        "reason": new.reason,
        "principal_kind": by.kind,
        "account": by.id,
        "actor": by.name,
        "role": by.role.label,
    }
    (bulk_action_id,) = await transaction.all(_SQL["insert_bulk_action"], values, into=int)
    return bulk_action_id


async def get_bulk_action(database: Database, bulk_action_id: int) -> tuple[BulkActionRow, list[SkipReason]]:
    """Return a bulk action with its progress, and why it skipped jobs. Raises NotFoundError."""
    values = {"bulk_action": bulk_action_id}
    bulk_action = await database.first(_SQL["bulk_action"], values, into=BulkActionRow)
    if bulk_action is None:
        raise NotFoundError(f"bulk action {bulk_action_id} does not exist")
    return bulk_action, await database.all(_SQL["skip_reasons"], values, into=SkipReason)


async def count_outcomes(database: Database, bulk_action_id: int) -> list[StatusCount]:
    """Return how many of the jobs that a bulk action has handled have each status now."""
    return await database.all(_SQL["statuses_of_done"], {"bulk_action": bulk_action_id}, into=StatusCount)


async def list_bulk_actions(database: Database, window: BulkListFilter) -> Page[BulkActionRow]:
    """Return a page of bulk actions, newest first."""
    values = {"limit": window.limit + 1, "cursor": window.cursor}
    return Page.cut(await database.all(_SQL["bulk_actions"], values, into=BulkActionRow), window.limit)


async def run_step(database: Database) -> int | None:
    """Handle the next jobs of the oldest unfinished bulk action; return how many, or None without one."""
    return await database.run(partial(_run_step, database=database))


async def _run_step(transaction: Transaction, database: Database) -> int | None:
    bulk_action = await transaction.first(_SQL["claim_bulk_action"], into=ClaimedBulkAction)
    if bulk_action is None:
        return None
    values = {"bulk_action": bulk_action.id, "limit": _STEP_JOBS}
    jobs = await transaction.all(_SQL["next_jobs"], values, into=int)
    keys = {f"{bulk_action.id}/{job}": job for job in jobs}
    async with take_items(database, TakenKind.BULK_JOB, list(keys)) as taken:
        reasons: dict[int, str | None] = {keys[key]: _ABANDONED for key in taken.abandoned}
        reasons |= {job: await _act(transaction, bulk_action, job) for key, job in keys.items() if key in taken.now}
        outcomes = {"bulk_action": bulk_action.id, "job": list(reasons), "skip_reason": list(reasons.values())}
        await transaction.execute(_SQL["record_outcomes"], outcomes)
        if len(reasons) == len(jobs) < _STEP_JOBS:
            await transaction.execute(_SQL["complete_bulk_action"], {"bulk_action": bulk_action.id})
    return len(reasons)


async def _act(transaction: Transaction, bulk_action: ClaimedBulkAction, job: int) -> str | None:
    """Take the action on one job, as a single request would; return why the job was skipped, if it was."""
    by = Principal(bulk_action.kind, bulk_action.account_id, bulk_action.actor, Role[bulk_action.role.upper()])
    try:
        async with transaction.savepoint():
            await _JOB_ACTIONS[BulkAction(bulk_action.action)](transaction, job, by=by, reason=bulk_action.reason)
    except RefusedActionError as error:
        return error.reason  # the same text for every job, so that it can be counted
    except ApiError as error:
        return error.detail.removeprefix(f"job {job} ")  # likewise
    except Exception as error:
        if isinstance(error, OaError) and error.retryable:
            raise
        # A bug skips one job; it must not hold up the others, or other bulk actions.
        log.exception("bulk_job_failed", job_id=job)
        return f"internal error {type(error).__name__}; see the log"
    return None


def _count_conflict(expected: int | None, total: Total) -> ConflictError:
    at_least = "at least " if total.is_estimate else ""
    return ConflictError(
        f"expected {plural(expected, 'matching job')}, now {at_least}{total.rows} match: preview again",
        fields={"expected": [f"Matching now: {plural(total.rows, 'job')}."], "matching": total.rows},
    )


def filter_as_json(selection: JobSelection) -> JsonObject:
    """Return the given fields of a selection as JSON."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in as_parameters(selection).items()
        if value is not None
    }
