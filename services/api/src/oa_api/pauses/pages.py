"""The page of pauses."""

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ConflictError, InvalidError
from oa_api.http.forms import read_form
from oa_api.http.request_parsing import path_id
from oa_api.http.schemas import ActionReasonSchema
from oa_api.identity.principal import PRINCIPAL
from oa_api.pauses import pauses
from oa_api.pauses.requests import SCOPES, PauseFilter
from oa_api.pauses.schemas import PauseFormSchema
from oa_api.ui import flash
from oa_api.ui.rendering import render
from oa_api.ui.sent_form import UNSENT, SentForm, refused_form
from oa_shared.scheduling import Lane

PATH = "/pauses"
_RECENT = PauseFilter(limit=30, ended=True)


async def show_pauses(request: web.Request) -> web.Response:
    """Show the active pauses, and recent ones."""
    return await _render_pauses(request, UNSENT)


async def post_pause(request: web.Request) -> web.Response:
    """Pause jobs, or show the form again with what is wrong."""
    by = request[PRINCIPAL]
    try:
        new_pause = await read_form(request, PauseFormSchema())
        pause = await request.app[DATABASE].run(lambda transaction: pauses.start_pause(transaction, new_pause, by=by))
    except (InvalidError, ConflictError) as error:
        return await _render_pauses(request, refused_form(request, error))
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


async def _render_pauses(request: web.Request, form: SentForm) -> web.Response:
    database = request.app[DATABASE]
    recent = await pauses.list_pauses(database, _RECENT)
    return render(
        request,
        "pauses/list.html",
        status=form.status,
        active=await pauses.list_active(database),
        past=[pause for pause in recent.rows if pause.ended_at],
        scopes=SCOPES,
        lanes=list(Lane),
        form=form,
    )
