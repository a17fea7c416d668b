"""The endpoints below /api/pause."""

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.http.request_parsing import body, path_id, query
from oa_api.http.schemas import ReasonSchema
from oa_api.identity.principal import PRINCIPAL
from oa_api.pauses import pauses
from oa_api.pauses.schemas import NewPauseSchema, PauseFilterSchema, PauseListSchema, PauseSchema

_PAUSE = PauseSchema()


async def list_pauses(request: web.Request) -> web.Response:
    """Return what is held back, newest first."""
    asked = await query(request, PauseFilterSchema())
    rows = await pauses.listed(request.app[DATABASE], **{**asked, "limit": asked["limit"] + 1})
    shown = rows[: asked["limit"]]
    response = web.json_response(PauseListSchema().dump({"pauses": shown}))
    if len(rows) > len(shown):
        response.headers["Link"] = f'<{request.rel_url.update_query(cursor=shown[-1]["id"])}>; rel="next"'
    return response


async def get_pause(request: web.Request) -> web.Response:
    """Return one pause."""
    return web.json_response(_PAUSE.dump(await pauses.find(request.app[DATABASE], path_id(request, "pause"))))


async def post_pause(request: web.Request) -> web.Response:
    """Hold something back."""
    asked, by = await body(request, NewPauseSchema()), request[PRINCIPAL]
    row = await request.app[DATABASE].run(lambda transaction: pauses.begin(transaction, asked, by=by))
    return web.json_response(_PAUSE.dump(row))


async def delete_pause(request: web.Request) -> web.Response:
    """Let it go on."""
    pause, why, by = path_id(request, "pause"), (await body(request, ReasonSchema()))["why"], request[PRINCIPAL]
    row = await request.app[DATABASE].run(lambda transaction: pauses.end(transaction, pause, by=by, why=why))
    return web.json_response(_PAUSE.dump(row))
