"""The endpoints below /api/pause."""

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.http.paging import list_response
from oa_api.http.request_parsing import path_id, read_body, read_query
from oa_api.http.schemas import ActionReasonSchema
from oa_api.identity.principal import PRINCIPAL
from oa_api.pauses import pauses
from oa_api.pauses.schemas import NewPauseSchema, PauseFilterSchema, PauseSchema

_PAUSE = PauseSchema()


async def list_pauses(request: web.Request) -> web.Response:
    """Return a page of pauses, newest first."""
    pause_filter = await read_query(request, PauseFilterSchema())
    page = await pauses.list_pauses(request.app[DATABASE], pause_filter)
    return list_response(request, pause_filter, "pauses", page, serialize=_PAUSE.dump)


async def get_pause(request: web.Request) -> web.Response:
    """Return one pause."""
    pause = await pauses.get_pause(request.app[DATABASE], path_id(request, "pause"))
    return web.json_response(_PAUSE.dump(pause))


async def post_pause(request: web.Request) -> web.Response:
    """Pause jobs."""
    new_pause, by = await read_body(request, NewPauseSchema()), request[PRINCIPAL]
    pause = await request.app[DATABASE].run(lambda transaction: pauses.start_pause(transaction, new_pause, by=by))
    return web.json_response(_PAUSE.dump(pause))


async def delete_pause(request: web.Request) -> web.Response:
    """Resume jobs."""
    pause_id, reason, by = (
        path_id(request, "pause"),
        (await read_body(request, ActionReasonSchema())).reason,
        request[PRINCIPAL],
    )
    pause = await request.app[DATABASE].run(
        lambda transaction: pauses.end_pause(transaction, pause_id, by=by, reason=reason)
    )
    return web.json_response(_PAUSE.dump(pause))
