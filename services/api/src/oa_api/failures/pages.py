"""The page of errors: failures by their cause, and results that wait for a decision."""

from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from oa_api.db.database import Row
from oa_api.failures import failures, review
from oa_api.failures.review_api import DECISIONS
from oa_api.failures.review_schemas import DecisionSchema, HeldBackFilterSchema
from oa_api.failures.schemas import FailureFilterSchema
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ConflictError
from oa_api.http.forms import form
from oa_api.http.request_parsing import path_id, query
from oa_api.identity.principal import PRINCIPAL
from oa_api.ui import flash
from oa_api.ui.charts import sparkline_path
from oa_api.ui.rendering import render

PATH = "/errors"
_SHOWN = 50
# By what a group is called in the filter of jobs.
_FILTERS = {"code": "error", "host": "host", "place": "source"}


async def show_errors(request: web.Request) -> web.Response:
    """Show what fails and why, and what is held back."""
    asked, database = await query(request, FailureFilterSchema()), request.app[DATABASE]
    groups = [_shown(group, asked) for group in await failures.group_failures(database, asked)]
    waiting = {**HeldBackFilterSchema().load({}), "run": asked["run"], "limit": _SHOWN}
    held = await review.held_back(database, waiting)
    total = await review.count(database, waiting)
    return render(
        request, "failures/failures.html", asked=asked, by=failures.BY, groups=groups, held=held[:_SHOWN], total=total
    )


def _shown(group: Row, asked: dict[str, Any]) -> Row:
    counts = [period["jobs"] for period in group["series"]]
    chosen = {_FILTERS[asked["by"]]: group["key"], "status": "Fail", "run": asked["run"]}
    if asked["live"] is not None:
        chosen["live"] = "true" if asked["live"] else "false"
    jobs = urlencode({name: value for name, value in chosen.items() if value is not None}) if group["key"] else ""
    return {**group, "counts": counts, "spark": sparkline_path(counts), "jobs_query": jobs}


async def post_decision(request: web.Request) -> web.Response:
    """Confirm or reject a result, and go back to the errors."""
    job, asked, by = path_id(request, "job"), await form(request, DecisionSchema()), request[PRINCIPAL]
    decide, status = DECISIONS[asked["moderate"]]
    try:
        await request.app[DATABASE].run(lambda transaction: decide(transaction, job, by=by, reason=asked["reason"]))
    except ConflictError as error:
        return flash.see_other(request, PATH, f"Nothing was changed: {error.detail}.", kind="bad")
    return flash.see_other(request, PATH, f"Job {job} is {asked['moderate']}ed: {status}.")
