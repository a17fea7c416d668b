"""The pages of schedules: upcoming and past schedule runs, retention rules, and manual triggers."""

from datetime import UTC, datetime

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.http.forms import read_form
from oa_api.http.request_parsing import path_id
from oa_api.retention.rules import read_rules
from oa_api.schedules import schedule_runs
from oa_api.schedules.api import trigger
from oa_api.schedules.schemas import ScheduleRunFilterSchema, TriggerSchema
from oa_api.ui import flash
from oa_api.ui.lists import list_filter, make_listing
from oa_api.ui.rendering import render

PATH = "/schedules"
STYLES = {"Waiting": "busy", "Working": "busy", "Done": "good", "Failed": "bad"}


async def show_schedules(request: web.Request) -> web.Response:
    """Show the schedules of the current periods, and schedule runs, newest first."""
    run_filter, database = await list_filter(request, ScheduleRunFilterSchema()), request.app[DATABASE]
    page = await schedule_runs.list_schedule_runs(database, run_filter)
    return render(
        request,
        "schedules/schedules.html",
        styles=STYLES,
        upcoming=await schedule_runs.list_upcoming(database, datetime.now(UTC)),
        schedule_runs=make_listing(request, run_filter, page),
        rules=list((await read_rules(database)).values()),
    )


async def show_schedule_run(request: web.Request) -> web.Response:
    """Show a schedule run with its rejected definitions."""
    detail = await schedule_runs.get_schedule_run(request.app[DATABASE], path_id(request, "schedule_run"))
    return render(
        request,
        "schedules/schedule_run.html",
        schedule_run=detail.schedule_run,
        rejected=detail.refused,
        styles=STYLES,
    )


async def post_schedule_run(request: web.Request) -> web.Response:
    """Trigger a schedule, or restart a failed schedule run, and show it."""
    schedule = await read_form(request, TriggerSchema())
    schedule_run_id = await trigger(request, schedule)
    return flash.see_other(request, f"{PATH}/{schedule_run_id}", f"Started schedule run {schedule_run_id}.")
