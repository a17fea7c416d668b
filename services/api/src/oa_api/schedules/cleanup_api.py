"""The endpoints of /api/cleanup."""

from dataclasses import asdict
from datetime import UTC, datetime

from aiohttp import web

from oa_api.db.database import Transaction
from oa_api.http.app_keys import DATABASE, STORAGE
from oa_api.http.errors import InvalidError
from oa_api.http.request_parsing import read_body
from oa_api.identity import audit_log
from oa_api.identity.principal import PRINCIPAL
from oa_api.retention import cleanup_preview
from oa_api.retention.rules import change_rules, read_rules
from oa_api.schedules import schedule_runs
from oa_api.schedules.api import trigger
from oa_api.schedules.cleanup_schemas import CleanupRequestSchema, CleanupRulesSchema, CleanupSchema, RulesChangeSchema
from oa_api.schedules.requests import Trigger
from oa_shared.json_types import JsonObject
from oa_shared.schedule_types import ScheduleType


async def get_rules(request: web.Request) -> web.Response:
    """Return the rules and the last cleanup."""
    database = request.app[DATABASE]
    rules = (await read_rules(database)).values()
    last = await schedule_runs.latest_done(database, ScheduleType.CLEANUP)
    return web.json_response(CleanupRulesSchema().dump({"rules": list(rules), "last": last}))


async def patch_rules(request: web.Request) -> web.Response:
    """Change rules: all named ones, or none."""
    change, by = await read_body(request, RulesChangeSchema()), request[PRINCIPAL]
    changes = [asdict(rule) for rule in change.rules]

    async def work(transaction: Transaction) -> None:
        unknown = await change_rules(transaction, change.rules)
        if unknown:
            text = f"unknown rule {', '.join(map(repr, unknown))}"
            raise InvalidError(text, fields={"rules": [text]})
        await audit_log.record(transaction, by, action="cleanup.rules", subject="cleanup", detail={"rules": changes})

    await request.app[DATABASE].run(work)
    return await get_rules(request)


async def post_cleanup(request: web.Request) -> web.Response:
    """Preview a cleanup, or start one in the background."""
    database = request.app[DATABASE]
    view: JsonObject
    if (await read_body(request, CleanupRequestSchema())).dry_run:
        preview = await cleanup_preview.preview(database, request.app[STORAGE])
        view = {"dry_run": True, **asdict(preview), "schedule_run": None}
    else:
        # A separate period, so that it runs although today's cleanup has run.
        period = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"
        schedule_run_id = await trigger(request, Trigger(type=ScheduleType.CLEANUP, period=period))
        detail = await schedule_runs.get_schedule_run(database, schedule_run_id)
        view = {"dry_run": False, "removed": {}, "is_complete": True, "schedule_run": detail.schedule_run}
    return web.json_response(CleanupSchema().dump(view))
