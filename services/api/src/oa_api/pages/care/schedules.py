"""Schedules as pages: what is due, what fired, what came of it, and firing by hand."""

from datetime import UTC, datetime

from aiohttp import web

from oa_api.cleanup.rules import read_rules
from oa_api.forms import form
from oa_api.handlers.schedules import set_off
from oa_api.pages import flash
from oa_api.pages.lists import asked_of
from oa_api.pages.rendering import render
from oa_api.requests import path_id
from oa_api.schedules import fires
from oa_api.schemas.schedules import FireFilter, Firing
from oa_api.services import DATABASE

PATH = "/schedules"
KINDS = {"Waiting": "busy", "Working": "busy", "Done": "good", "Failed": "bad"}


async def show_schedules(request: web.Request) -> web.Response:
    """Show what is due and what fired, newest first."""
    asked, database = await asked_of(request, FireFilter()), request.app[DATABASE]
    limit = asked["limit"]
    rows = await fires.read_list(database, kind=asked["type"], cursor=asked["cursor"], limit=limit + 1)
    older = str(request.rel_url.update_query(cursor=rows[limit - 1]["id"])) if len(rows) > limit else None
    return render(
        request,
        "care/schedules.html",
        asked=asked,
        kinds=KINDS,
        upcoming=await fires.upcoming(database, datetime.now(UTC)),
        fires=rows[:limit],
        older=older,
        newest=str(request.rel_url.without_query_params("cursor")) if asked["cursor"] else None,
        rules=list((await read_rules(database)).values()),
    )


async def show_fire(request: web.Request) -> web.Response:
    """Show one fire with the definitions that were refused."""
    found = await fires.read(request.app[DATABASE], path_id(request, "fire"))
    return render(request, "care/schedule.html", fire=found, kinds=KINDS)


async def post_fire(request: web.Request) -> web.Response:
    """Fire by hand, or let a failed one go on, and show it."""
    asked = await form(request, Firing())
    fire = await set_off(request, asked["type"], asked["period"] or None)
    return flash.see_other(request, f"{PATH}/{fire}", "It is being done; firing it again does nothing twice.")
