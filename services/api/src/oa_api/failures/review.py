"""Results that need review: compared with the published data, and decided on."""

from collections.abc import Mapping

from oa_api.db.counting import COUNTED_ROWS, Total, count_rows
from oa_api.db.database import Database
from oa_api.db.pages import Page
from oa_api.db.query_files import load_queries
from oa_api.failures.requests import Decision, ReviewDecision, ReviewFilter, ReviewSelection
from oa_api.failures.rows import Figure, JobForReview, ReviewRow
from oa_api.identity.principal import Principal
from oa_api.jobs import actions
from oa_api.jobs.actions import JobAction
from oa_api.jobs.filters import select_parameters
from oa_api.jobs.requests import JobSelection
from oa_shared.json_types import JsonObject
from oa_shared.status import JobStatus

_SQL = load_queries("failures.review")
# The paths, in a result, of the numbers that reviews compare.
_FIGURES = {"features": ("count",), "number": ("fields", "number"), "street": ("fields", "street")}
_ACTIONS: Mapping[Decision, tuple[JobAction[None], JobStatus]] = {
    Decision.CONFIRM: (actions.confirm, JobStatus.SUCCESS),
    Decision.REJECT: (actions.reject, JobStatus.FAIL),
}


async def list_for_review(database: Database, review_filter: ReviewFilter) -> Page[JobForReview]:
    """Return a page of the jobs that need review, newest first, with their total."""
    values = {**_parameters(review_filter), "cursor": review_filter.cursor, "limit": review_filter.limit + 1}
    rows = await database.all(_SQL["open_jobs"], values, into=ReviewRow)
    total = await count_for_review(database, review_filter)
    return Page.cut([_compare(row) for row in rows], review_filter.limit, total)


async def count_for_review(database: Database, selection: ReviewSelection) -> Total:
    """Return how many jobs need review; counting stops at 10,000."""
    return await count_rows(database, _SQL["count_open"], {**_parameters(selection), "count_limit": COUNTED_ROWS + 1})


async def decide(database: Database, job: int, decision: ReviewDecision, *, by: Principal) -> JobStatus:
    """Publish or reject the result of a job and return its status. Raises NotFoundError, ConflictError."""
    action, status = _ACTIONS[decision.moderate]
    await database.run(lambda transaction: action(transaction, job, by=by, reason=decision.reason))
    return status


def _parameters(selection: ReviewSelection) -> dict[str, object]:
    jobs = JobSelection(run=selection.run, source=selection.source, layer=selection.layer)
    return {**select_parameters(jobs), "code": selection.code}


def _compare(row: ReviewRow) -> JobForReview:
    """Return a job with its figures next to the published ones: features, and values of the watched fields."""
    new, published = row.result or {}, row.published_result or {}
    figures = [Figure(what, _number(new, path), _number(published, path)) for what, path in _FIGURES.items()]
    return JobForReview(
        id=row.id,
        run=row.run,
        source_name=row.source_name,
        layer=row.layer,
        name=row.name,
        ended_at=row.ended_at,
        created_at=row.created_at,
        errors=row.errors,
        published_job=row.published_job,
        published_at=row.published_at,
        figures=figures,
    )


def _number(result: JsonObject, path: tuple[str, ...]) -> int | None:
    value: object = result
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
