"""Results that need review: compared with the published data, and decided on."""

from collections.abc import Mapping

from oa_api.db.counting import COUNTED_ROWS, Total, count_rows
from oa_api.db.database import Database
from oa_api.db.pages import Page
from oa_api.db.query_files import load_queries
from oa_api.failures.requests import Decision, ReviewDecision, ReviewFilter, ReviewSelection
from oa_api.failures.rows import AdjacentJobs, ReviewRow
from oa_api.identity.principal import Principal
from oa_api.jobs import actions
from oa_api.jobs.actions import JobAction
from oa_api.jobs.filters import select_parameters
from oa_api.jobs.requests import JobSelection
from oa_shared.status import JobStatus

_SQL = load_queries("failures.review")
_ACTIONS: Mapping[Decision, tuple[JobAction[None], JobStatus]] = {
    Decision.CONFIRM: (actions.confirm, JobStatus.SUCCESS),
    Decision.REJECT: (actions.reject, JobStatus.FAIL),
}


async def list_for_review(database: Database, review_filter: ReviewFilter) -> Page[ReviewRow]:
    """Return a page of the jobs that need review, newest first, with their total."""
    values = {**_parameters(review_filter), "cursor": review_filter.cursor, "limit": review_filter.limit + 1}
    rows = await database.all(_SQL["open_jobs"], values, into=ReviewRow)
    total = await count_for_review(database, review_filter)
    return Page.cut(rows, review_filter.limit, total)


async def count_for_review(database: Database, selection: ReviewSelection) -> Total:
    """Return how many jobs need review; counting stops at 10,000."""
    return await count_rows(database, _SQL["count_open"], {**_parameters(selection), "count_limit": COUNTED_ROWS + 1})


async def find_adjacent_jobs(database: Database, selection: ReviewSelection, job: int) -> AdjacentJobs:
    """Return the place of a job among those that need review."""
    values = {**_parameters(selection), "job": job}
    return await database.first(_SQL["adjacent"], values, into=AdjacentJobs) or AdjacentJobs(None, None, 0)


async def decide(database: Database, job: int, decision: ReviewDecision, *, by: Principal) -> JobStatus:
    """Publish or reject the result of a job and return its status. Raises NotFoundError, ConflictError."""
    action, status = _ACTIONS[decision.moderate]
    await database.run(lambda transaction: action(transaction, job, by=by, reason=decision.reason))
    return status


def _parameters(selection: ReviewSelection) -> dict[str, object]:
    jobs = JobSelection(run=selection.run, source=selection.source, layer=selection.layer)
    return {**select_parameters(jobs), "code": selection.code}
