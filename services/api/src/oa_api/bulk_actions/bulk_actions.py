"""One action on every job that a filter means: counted first, chosen in one transaction, done in small steps."""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from oa_api.db.counting import COUNTED_ROWS, Total
from oa_api.db.database import Database, Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import ApiError, ConflictError, InvalidError, NotFoundError
from oa_api.http.idempotency import Idempotency
from oa_api.identity import audit_log
from oa_api.identity.principal import Principal
from oa_api.jobs import actions
from oa_api.jobs.filters import selection_parameters
from oa_shared.roles import Role
from oa_shared.status import JobStatus

_SQL = load_queries("bulk_actions.queries")
_READS = load_queries("jobs.reads")
MAX_JOBS = 5000
# One step is one transaction: small, since readers of the feed wait for the oldest one that writes.
_AT_ONCE = 25
_ENDED = tuple(status for status in JobStatus if status.ended)
_UNENDED = tuple(status for status in JobStatus if not status.ended)
JobAction = Callable[..., Awaitable[Any]]


class BulkAction(StrEnum):
    """What can be done to many jobs."""

    RERUN = "rerun"
    CANCEL = "cancel"
    CONFIRM = "confirm"
    REJECT = "reject"


_STATUSES = {
    BulkAction.RERUN: _ENDED,
    BulkAction.CANCEL: _UNENDED,
    BulkAction.CONFIRM: (JobStatus.WARN,),
    BulkAction.REJECT: (JobStatus.WARN,),
}
_DEEDS: Mapping[str, JobAction] = {
    BulkAction.RERUN: actions.rerun,
    BulkAction.CANCEL: actions.cancel,
    BulkAction.CONFIRM: actions.confirm,
    BulkAction.REJECT: actions.reject,
}


def matching(action: BulkAction, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return SQL parameters of the jobs that a filter means and that the action can be done to. Raises InvalidError."""
    possible = _STATUSES[action]
    wanted = [status for status in possible if asked.get("status") is None or status in asked["status"]]
    if not wanted:
        words = f"{action} is for jobs that are {', '.join(possible)}"
        raise InvalidError(words, fields={"filter": {"status": [words]}})
    return selection_parameters({**asked, "status": [str(status) for status in wanted]})


async def count(reader: Database | Transaction, values: dict[str, Any]) -> Total:
    """Count the jobs that match, looking at no more than 10,000."""
    row = await reader.first(_READS["count_jobs"], values)
    counted = row["total"] if row else 0
    return Total(min(counted, COUNTED_ROWS), is_estimate=counted > COUNTED_ROWS)


async def by_status(database: Database, values: dict[str, Any]) -> list[Row]:
    """Return how many of the jobs that match are in each status."""
    return await database.all(_SQL["matching_by_status"], values)


async def start(transaction: Transaction, asked: dict[str, Any], *, by: Principal, once: Idempotency) -> int:
    """Choose the jobs and return the number of the bulk action; the first answer for a repeated request.

    Raises ConflictError when not exactly as many jobs match as are expected.
    """
    earlier = await once.find_response(transaction)
    if earlier is not None:
        return int(earlier["id"])
    values = matching(asked["action"], asked["filter"])
    found = await count(transaction, values)
    if found.rows != asked["expected"]:
        raise _changed(asked["expected"], found)
    made = await transaction.all(_SQL["insert_bulk_action"], _bulk_row(asked, by))
    bulk = int(made[0]["id"])
    chosen = await transaction.execute(_SQL["insert_jobs"], {**values, "bulk_action": bulk, "limit": asked["limit"]})
    if chosen != min(found.rows, asked["limit"]) and not found.is_estimate:
        raise _changed(asked["expected"], Total(chosen))
    await transaction.execute(_SQL["record_job_count"], {"bulk_action": bulk, "jobs": chosen})
    detail = {"action": asked["action"], "filter": plain(asked["filter"]), "jobs": chosen}
    await audit_log.record(
        transaction, by, action="job.bulk", subject=f"bulk/{bulk}", reason=asked["reason"], detail=detail
    )
    await once.save_response(transaction, {"id": bulk})
    return bulk


async def progress(database: Database, bulk: int) -> Row:
    """Return how far a bulk action is, with why jobs were skipped. Raises NotFoundError."""
    row = await database.first(_SQL["bulk_action"], {"bulk_action": bulk})
    if row is None:
        raise NotFoundError(f"there is no bulk action {bulk}")
    return {**row, "skip_reasons": await database.all(_SQL["skip_reasons"], {"bulk_action": bulk})}


async def latest(database: Database, *, limit: int, cursor: int | None = None) -> list[Row]:
    """Return bulk actions, newest first."""
    return await database.all(_SQL["bulk_actions"], {"limit": limit, "cursor": cursor})


async def step(transaction: Transaction) -> int | None:
    """Do the next few jobs of the oldest bulk action that has not ended; return how many, or None without one."""
    bulk = await transaction.first(_SQL["claim_bulk_action"])
    if bulk is None:
        return None
    rows = await transaction.all(_SQL["next_jobs"], {"bulk_action": bulk["id"], "limit": _AT_ONCE})
    reasons = [await _do(transaction, bulk, row["job"]) for row in rows]
    jobs = [row["job"] for row in rows]
    await transaction.execute(_SQL["record_outcomes"], {"bulk_action": bulk["id"], "job": jobs, "skip_reason": reasons})
    if len(rows) < _AT_ONCE:
        await transaction.execute(_SQL["complete_bulk_action"], {"bulk_action": bulk["id"]})
    return len(rows)


async def _do(transaction: Transaction, bulk: Row, job: int) -> str | None:
    """Do one job by the same move as the single action; return why it was skipped, if it was."""
    by = Principal(bulk["kind"], bulk["account_id"], bulk["actor"], Role[bulk["role"].upper()])
    try:
        await _DEEDS[bulk["action"]](transaction, job, by=by, reason=bulk["reason"])
    except ApiError as error:
        # The move is refused before anything of it is written.
        return _without_number(error.detail, job)
    return None


def _without_number(words: str, job: int) -> str:
    """Return a reason in the words that it has for every job, so that equal ones can be counted."""
    return words.removeprefix(f"job {job} ")


def _changed(expected: int, found: Total) -> ConflictError:
    about = "at least " if found.is_estimate else ""
    return ConflictError(
        f"{expected} jobs were expected to match, now it is {about}{found.rows}: look again",
        fields={"expected": [f"Now {found.rows} match."], "matching": found.rows},
    )


def _bulk_row(asked: dict[str, Any], by: Principal) -> dict[str, Any]:
    return {
        "action": asked["action"],
        "filter": json.dumps(plain(asked["filter"])),
        "reason": asked["reason"],
        "principal_kind": by.kind,
        "account": by.id,
        "actor": by.name,
        "role": by.role.label,
    }


def plain(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a filter says, as JSON."""
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in asked.items()
        if value is not None
    }
