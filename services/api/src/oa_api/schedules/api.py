"""The endpoints below /api/schedule."""

from datetime import UTC, datetime

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.http.paging import list_response
from oa_api.http.problem import TRACEPARENT
from oa_api.http.request_parsing import path_id, read_body, read_query
from oa_api.identity.principal import PRINCIPAL
from oa_api.schedules import schedule_runs
from oa_api.schedules.requests import Trigger
from oa_api.schedules.schemas import (
    RefusedDefinitionSchema,
    ScheduleRunFilterSchema,
    ScheduleRunSchema,
    TriggerSchema,
    UpcomingSchema,
)

_SCHEDULE_RUN, _UPCOMING, _REFUSED = ScheduleRunSchema(), UpcomingSchema(), RefusedDefinitionSchema()


async def list_schedule_runs(request: web.Request) -> web.Response:
    """Return a page of schedule runs, newest first, and the state of the current periods."""
    run_filter, database = await read_query(request, ScheduleRunFilterSchema()), request.app[DATABASE]
    page = await schedule_runs.list_schedule_runs(database, run_filter)
    upcoming = _UPCOMING.dump(await schedule_runs.list_upcoming(database, datetime.now(UTC)), many=True)
    return list_response(request, run_filter, "schedule_runs", page, serialize=_SCHEDULE_RUN.dump, upcoming=upcoming)


async def get_schedule_run(request: web.Request) -> web.Response:
    """Return a schedule run with its rejected definitions."""
    return await _detail_response(request, path_id(request, "schedule_run"))


async def post_schedule_run(request: web.Request) -> web.Response:
    """Trigger a schedule; a background worker executes it."""
    return await _detail_response(request, await trigger(request, await read_body(request, TriggerSchema())))


async def trigger(request: web.Request, schedule: Trigger) -> int:
    """Trigger a schedule for the account of a request, and return the ID of the schedule run."""
    by, traceparent = request[PRINCIPAL], request[TRACEPARENT]
    return await schedule_runs.trigger(request.app[DATABASE], schedule, by=by, traceparent=traceparent)


async def _detail_response(request: web.Request, schedule_run_id: int) -> web.Response:
    detail = await schedule_runs.get_schedule_run(request.app[DATABASE], schedule_run_id)
    view = {**_SCHEDULE_RUN.dump(detail.schedule_run), "refused": _REFUSED.dump(detail.refused, many=True)}
    return web.json_response(view)
