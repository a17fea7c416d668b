"""The page of pauses."""

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ConflictError
from oa_api.http.forms import form
from oa_api.http.request_parsing import path_id
from oa_api.http.schemas import ReasonSchema
from oa_api.identity.principal import PRINCIPAL
from oa_api.pauses import pauses
from oa_api.pauses.schemas import PauseFormSchema
from oa_api.ui import flash
from oa_api.ui.rendering import render
from oa_shared.scheduling import Lane

PATH = "/pauses"
_SHOWN = 30


async def show_pauses(request: web.Request) -> web.Response:
    """Show what is held back, and what was."""
    database = request.app[DATABASE]
    rows = await pauses.listed(database, limit=_SHOWN, ended=True)
    over = [row for row in rows if row["ended_at"]]
    now = await pauses.active(database)
    return render(request, "pauses/list.html", active=now, over=over, scopes=pauses.SCOPES, lanes=list(Lane))


async def post_pause(request: web.Request) -> web.Response:
    """Hold something back, and show it."""
    asked, by = await form(request, PauseFormSchema()), request[PRINCIPAL]
    try:
        row = await request.app[DATABASE].run(lambda transaction: pauses.begin(transaction, asked, by=by))
    except ConflictError as error:
        return flash.see_other(request, PATH, f"Nothing was changed: {error.detail}.", kind="bad")
    return flash.see_other(request, PATH, f"Paused: {pauses.words(row)}.")


async def post_resume(request: web.Request) -> web.Response:
    """Let something go on, and show what is left."""
    pause, why, by = path_id(request, "pause"), (await form(request, ReasonSchema()))["why"], request[PRINCIPAL]
    try:
        row = await request.app[DATABASE].run(lambda transaction: pauses.end(transaction, pause, by=by, why=why))
    except ConflictError as error:
        return flash.see_other(request, PATH, f"Nothing was changed: {error.detail}.", kind="bad")
    return flash.see_other(request, PATH, f"It goes on: {pauses.words(row)}.")
