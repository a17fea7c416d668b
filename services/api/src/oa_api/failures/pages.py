"""The Errors page: failures grouped by cause, and results that need review."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from aiohttp import web

from oa_api.acknowledgements import acknowledgements
from oa_api.failures import failures, review
from oa_api.failures.requests import FailureFilter, GroupBy, ReviewFilter
from oa_api.failures.review_schemas import ReviewDecisionSchema
from oa_api.failures.rows import FailureGroup
from oa_api.failures.schemas import FailureFilterSchema
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ConflictError
from oa_api.http.forms import read_form
from oa_api.http.request_parsing import path_id, read_query
from oa_api.identity.principal import PRINCIPAL
from oa_api.ui import flash
from oa_api.ui.rendering import render

PATH = "/errors"
_MAX_SHOWN = 50
# The field of the job filter that selects the jobs of a group.
_JOB_FIELDS = {GroupBy.CODE: "error", GroupBy.HOST: "host", GroupBy.PLACE: "source"}


async def show_errors(request: web.Request) -> web.Response:
    """Show failures by cause, and results that need review."""
    failure_filter, database = await read_query(request, FailureFilterSchema()), request.app[DATABASE]
    groups = await failures.group_failures(database, failure_filter)
    waiting = await review.list_for_review(database, ReviewFilter(run=failure_filter.run, limit=_MAX_SHOWN))
    return render(
        request,
        "failures/failures.html",
        failure_filter=failure_filter,
        group_by=list(GroupBy),
        groups=[(group, _jobs_query(group, failure_filter)) for group in groups if not group.is_acknowledged],
        acknowledgements=await acknowledgements.list_active(database),
        acknowledged_jobs=sum(group.acknowledged for group in groups),
        total_jobs=sum(group.jobs - group.acknowledged for group in groups),
        waiting=waiting.rows,
        total=waiting.total,
    )


def _jobs_query(group: FailureGroup, failure_filter: FailureFilter) -> str:
    """Return the query of /jobs for exactly the jobs of a group; empty where no filter selects them."""
    if not group.key:
        return ""
    query: dict[str, str | int] = {_JOB_FIELDS[failure_filter.by]: group.key, "status": "Fail"}
    if failure_filter.run is not None:
        query["run"] = failure_filter.run
    else:
        query["ended_after"] = (datetime.now(UTC) - timedelta(days=failure_filter.days)).isoformat(timespec="seconds")
    if failure_filter.live is not None:
        query["live"] = "true" if failure_filter.live else "false"
    return urlencode(query)


async def post_decision(request: web.Request) -> web.Response:
    """Publish or reject a result, and show the errors again."""
    job, decision = path_id(request, "job"), await read_form(request, ReviewDecisionSchema())
    try:
        status = await review.decide(request.app[DATABASE], job, decision, by=request[PRINCIPAL])
    except ConflictError as error:
        return flash.see_other(request, PATH, f"Not changed: {error.detail}.", kind="bad")
    return flash.see_other(request, PATH, f"Job {job}: {decision.moderate}ed, now {status}.")
