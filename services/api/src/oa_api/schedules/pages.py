"""Schedules as pages: what is due, what fired, what came of it, and firing by hand."""

from datetime import UTC, datetime

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.http.forms import form
from oa_api.http.request_parsing import path_id
from oa_api.retention.rules import read_rules
from oa_api.schedules import schedule_runs
from oa_api.schedules.api import set_off
from oa_api.schedules.schemas import ScheduleRunFilterSchema, TriggerSchema
from oa_api.ui import flash
from oa_api.ui.lists import asked_of
from oa_api.ui.rendering import render

PATH = "/schedules"
KINDS = {"Waiting": "busy", "Working": "busy", "Done": "good", "Failed": "bad"}


async def show_schedules(request: web.Request) -> web.Response:
    """Show what is due and what fired, newest first."""
    asked, database = await asked_of(request, ScheduleRunFilterSchema()), request.app[DATABASE]
    limit = asked["limit"]
    rows = await schedule_runs.read_list(database, kind=asked["type"], cursor=asked["cursor"], limit=limit + 1)
    older = str(request.rel_url.update_query(cursor=rows[limit - 1]["id"])) if len(rows) > limit else None
    return render(
        request,
        "schedules/schedules.html",
        asked=asked,
        kinds=KINDS,
        upcoming=await schedule_runs.upcoming(database, datetime.now(UTC)),
        schedule_runs=rows[:limit],
        older=older,
        newest=str(request.rel_url.without_query_params("cursor")) if asked["cursor"] else None,
        rules=list((await read_rules(database)).values()),
    )


async def show_schedule_run(request: web.Request) -> web.Response:
    """Show one fire with the definitions that were refused."""
    found = await schedule_runs.read(request.app[DATABASE], path_id(request, "schedule_run"))
    return render(request, "schedules/schedule_run.html", schedule_run=found, kinds=KINDS)


async def post_schedule_run(request: web.Request) -> web.Response:
    """Fire by hand, or let a failed one go on, and show it."""
    asked = await form(request, TriggerSchema())
    schedule_run = await set_off(request, asked["type"], asked["period"] or None)
    return flash.see_other(request, f"{PATH}/{schedule_run}", "It is being done; firing it again does nothing twice.")
