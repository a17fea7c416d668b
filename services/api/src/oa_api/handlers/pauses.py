"""The endpoints below /api/pause."""

from aiohttp import web

from oa_api.identity.principal import PRINCIPAL
from oa_api.operators import pauses
from oa_api.requests import body, path_id, query
from oa_api.schemas.pauses import NewPause, Pause, PauseFilter, PauseList
from oa_api.schemas.requests import Why
from oa_api.services import DATABASE

_PAUSE = Pause()


async def list_pauses(request: web.Request) -> web.Response:
    """Return what is held back, newest first."""
    asked = await query(request, PauseFilter())
    rows = await pauses.listed(request.app[DATABASE], **{**asked, "limit": asked["limit"] + 1})
    shown = rows[: asked["limit"]]
    response = web.json_response(PauseList().dump({"pauses": shown}))
    if len(rows) > len(shown):
        response.headers["Link"] = f'<{request.rel_url.update_query(cursor=shown[-1]["id"])}>; rel="next"'
    return response


async def get_pause(request: web.Request) -> web.Response:
    """Return one pause."""
    return web.json_response(_PAUSE.dump(await pauses.find(request.app[DATABASE], path_id(request, "pause"))))


async def post_pause(request: web.Request) -> web.Response:
    """Hold something back."""
    asked, by = await body(request, NewPause()), request[PRINCIPAL]
    row = await request.app[DATABASE].run(lambda transaction: pauses.begin(transaction, asked, by=by))
    return web.json_response(_PAUSE.dump(row))


async def delete_pause(request: web.Request) -> web.Response:
    """Let it go on."""
    pause, why, by = path_id(request, "pause"), (await body(request, Why()))["why"], request[PRINCIPAL]
    row = await request.app[DATABASE].run(lambda transaction: pauses.end(transaction, pause, by=by, why=why))
    return web.json_response(_PAUSE.dump(row))
