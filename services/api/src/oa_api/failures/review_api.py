"""The endpoints below /api/job/error."""

from aiohttp import web

from oa_api.failures import review
from oa_api.failures.review_schemas import (
    DecisionSchema,
    HeldBackCountSchema,
    HeldBackFilterSchema,
    HeldBackListSchema,
    HeldBackSelectionSchema,
)
from oa_api.http.app_keys import DATABASE
from oa_api.http.request_parsing import body, path_id, query
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs import actions
from oa_api.jobs.schemas import JobStatusSchema

DECISIONS = {"confirm": (actions.confirm, "Success"), "reject": (actions.reject, "Fail")}


async def list_errors(request: web.Request) -> web.Response:
    """Return a page of jobs that are held back, newest first."""
    asked, database = await query(request, HeldBackFilterSchema()), request.app[DATABASE]
    total = await review.count(database, asked)
    rows = await review.held_back(database, asked)
    shown = rows[: asked["limit"]]
    response = web.json_response(HeldBackListSchema().dump({**total.as_fields(), "errors": shown}))
    if len(rows) > len(shown):
        response.headers["Link"] = f'<{request.rel_url.update_query(cursor=shown[-1]["id"])}>; rel="next"'
    return response


async def count_errors(request: web.Request) -> web.Response:
    """Return how many jobs are held back."""
    asked = await query(request, HeldBackSelectionSchema())
    total = await review.count(request.app[DATABASE], asked)
    return web.json_response(HeldBackCountSchema().dump({"count": total.rows}))


async def post_error(request: web.Request) -> web.Response:
    """Confirm or reject a job that is held back."""
    job, asked, by = path_id(request, "job"), await body(request, DecisionSchema()), request[PRINCIPAL]
    decide, status = DECISIONS[asked["moderate"]]
    await request.app[DATABASE].run(lambda transaction: decide(transaction, job, by=by, reason=asked["reason"]))
    return web.json_response(JobStatusSchema().dump({"job": job, "status": status}))
