"""The endpoints below /api/schedule."""

from datetime import UTC, datetime

from aiohttp import web

from oa_api.db.database import Transaction
from oa_api.http.app_keys import DATABASE
from oa_api.http.problem import TRACEPARENT
from oa_api.http.request_parsing import body, path_id, query
from oa_api.identity import audit_log
from oa_api.identity.principal import PRINCIPAL
from oa_api.schedules import schedule_runs
from oa_api.schedules.schemas import (
    ScheduleRunDetailSchema,
    ScheduleRunFilterSchema,
    ScheduleRunListSchema,
    TriggerSchema,
)
from oa_shared.schedule_types import ScheduleType


async def list_schedule_runs(request: web.Request) -> web.Response:
    """Return what fired, newest first, and what this period still waits for."""
    asked, database = await query(request, ScheduleRunFilterSchema()), request.app[DATABASE]
    kind, cursor, limit = asked["type"], asked["cursor"], asked["limit"]
    rows = await schedule_runs.read_list(database, kind=kind, cursor=cursor, limit=limit + 1)
    upcoming = await schedule_runs.upcoming(database, datetime.now(UTC))
    answer = web.json_response(ScheduleRunListSchema().dump({"schedule_runs": rows[:limit], "upcoming": upcoming}))
    if len(rows) > limit:
        answer.headers["Link"] = f'<{request.rel_url.update_query(cursor=rows[limit - 1]["id"])}>; rel="next"'
    return answer


async def get_schedule_run(request: web.Request) -> web.Response:
    """Return one fire with what was refused."""
    return web.json_response(
        ScheduleRunDetailSchema().dump(
            await schedule_runs.read(request.app[DATABASE], path_id(request, "schedule_run"))
        )
    )


async def post_schedule_run(request: web.Request) -> web.Response:
    """Note that something is due and answer at once; the work is done beside."""
    asked = await body(request, TriggerSchema())
    schedule_run_id = await set_off(request, asked["type"], asked["period"])
    return web.json_response(
        ScheduleRunDetailSchema().dump(await schedule_runs.read(request.app[DATABASE], schedule_run_id))
    )


async def set_off(request: web.Request, kind: ScheduleType, period: str | None) -> int:
    """Fire for whoever asks, and return the number of the fire."""
    by = request[PRINCIPAL]

    async def work(transaction: Transaction) -> int:
        schedule_run_id = await schedule_runs.trigger(
            transaction, kind, period, by=by.name, traceparent=request[TRACEPARENT]
        )
        await audit_log.record(
            transaction, by, action="schedule.trigger", subject=f"schedule_run/{schedule_run_id}", detail={"type": kind}
        )
        return schedule_run_id

    return await request.app[DATABASE].run(work)
