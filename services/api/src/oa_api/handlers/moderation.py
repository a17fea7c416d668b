"""The endpoints below /api/job/error."""

from aiohttp import web

from oa_api import job_actions
from oa_api.identity.principal import PRINCIPAL
from oa_api.operators import moderation
from oa_api.requests import body, path_id, query
from oa_api.schemas.answers import Settled
from oa_api.schemas.moderation import Decision, HeldBackCount, HeldBackFilter, HeldBackList, HeldBackSelection
from oa_api.services import DATABASE

DECISIONS = {"confirm": (job_actions.confirm, "Success"), "reject": (job_actions.reject, "Fail")}


async def list_errors(request: web.Request) -> web.Response:
    """Return a page of jobs that are held back, newest first."""
    asked, database = await query(request, HeldBackFilter()), request.app[DATABASE]
    total = await moderation.count(database, asked)
    rows = await moderation.held_back(database, asked)
    shown = rows[: asked["limit"]]
    response = web.json_response(HeldBackList().dump({**total.shown(), "errors": shown}))
    if len(rows) > len(shown):
        response.headers["Link"] = f'<{request.rel_url.update_query(cursor=shown[-1]["id"])}>; rel="next"'
    return response


async def count_errors(request: web.Request) -> web.Response:
    """Return how many jobs are held back."""
    asked = await query(request, HeldBackSelection())
    total = await moderation.count(request.app[DATABASE], asked)
    return web.json_response(HeldBackCount().dump({"count": total.rows}))


async def post_error(request: web.Request) -> web.Response:
    """Confirm or reject a job that is held back."""
    job, asked, by = path_id(request, "job"), await body(request, Decision()), request[PRINCIPAL]
    decide, status = DECISIONS[asked["moderate"]]
    await request.app[DATABASE].run(lambda transaction: decide(transaction, job, by=by, why=asked["why"]))
    return web.json_response(Settled().dump({"job": job, "status": status}))
