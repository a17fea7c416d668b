"""The page of pauses."""

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ConflictError
from oa_api.http.forms import read_form
from oa_api.http.request_parsing import path_id
from oa_api.http.schemas import ActionReasonSchema
from oa_api.identity.principal import PRINCIPAL
from oa_api.pauses import pauses
from oa_api.pauses.requests import SCOPES, PauseFilter
from oa_api.pauses.schemas import PauseFormSchema
from oa_api.ui import flash
from oa_api.ui.rendering import render
from oa_shared.scheduling import Lane

PATH = "/pauses"
_RECENT = PauseFilter(limit=30, ended=True)


async def show_pauses(request: web.Request) -> web.Response:
    """Show the active pauses, and recent ones."""
    database = request.app[DATABASE]
    recent = await pauses.list_pauses(database, _RECENT)
    active = await pauses.list_active(database)
    past = [pause for pause in recent.rows if pause.ended_at]
    return render(request, "pauses/list.html", active=active, past=past, scopes=SCOPES, lanes=list(Lane))


async def post_pause(request: web.Request) -> web.Response:
    """Pause jobs, and show the result."""
    new_pause, by = await read_form(request, PauseFormSchema()), request[PRINCIPAL]
    try:
        pause = await request.app[DATABASE].run(lambda transaction: pauses.start_pause(transaction, new_pause, by=by))
    except ConflictError as error:
        return flash.see_other(request, PATH, f"Not changed: {error.detail}.", kind="bad")
    return flash.see_other(request, PATH, f"Paused {pause.label}.")


async def post_resume(request: web.Request) -> web.Response:
    """Resume jobs, and show the remaining pauses."""
    pause_id, reason, by = (
        path_id(request, "pause"),
        (await read_form(request, ActionReasonSchema())).reason,
        request[PRINCIPAL],
    )
    try:
        pause = await request.app[DATABASE].run(
            lambda transaction: pauses.end_pause(transaction, pause_id, by=by, reason=reason)
        )
    except ConflictError as error:
        return flash.see_other(request, PATH, f"Not changed: {error.detail}.", kind="bad")
    return flash.see_other(request, PATH, f"Resumed {pause.label}.")
