"""The endpoints of /api/cleanup."""

from datetime import UTC, datetime

from aiohttp import web

from oa_api.db.database import Transaction
from oa_api.http.app_keys import DATABASE, STORAGE
from oa_api.http.errors import InvalidError
from oa_api.http.request_parsing import body
from oa_api.identity import audit_log
from oa_api.identity.principal import PRINCIPAL
from oa_api.retention import cleanup_preview
from oa_api.retention.rules import RuleChange, change_rules, read_rules
from oa_api.schedules import schedule_runs
from oa_api.schedules.api import set_off
from oa_api.schedules.cleanup_schemas import CleanupRequestSchema, CleanupRulesSchema, CleanupSchema, RulesChangeSchema
from oa_shared.schedule_types import ScheduleType


async def get_rules(request: web.Request) -> web.Response:
    """Return the rules and what the last cleanup did."""
    database = request.app[DATABASE]
    rules = (await read_rules(database)).values()
    last = await schedule_runs.latest_done(database, ScheduleType.CLEANUP)
    return web.json_response(CleanupRulesSchema().dump({"rules": list(rules), "last": last}))


async def patch_rules(request: web.Request) -> web.Response:
    """Change rules: all of those named, or none."""
    asked, by = await body(request, RulesChangeSchema()), request[PRINCIPAL]

    async def change(transaction: Transaction) -> None:
        unknown = await change_rules(transaction, [RuleChange(**change) for change in asked["rules"]])
        if unknown:
            words = f"there is no rule {', '.join(map(repr, unknown))}"
            raise InvalidError(words, fields={"rules": [words]})
        await audit_log.record(transaction, by, action="cleanup.rules", subject="cleanup", detail=asked)

    await request.app[DATABASE].run(change)
    return await get_rules(request)


async def post_cleanup(request: web.Request) -> web.Response:
    """Say what would go, or set the work going beside the request."""
    asked, database = await body(request, CleanupRequestSchema()), request.app[DATABASE]
    if asked["dry_run"]:
        preview = await cleanup_preview.preview(database, request.app[STORAGE])
        fields = {"dry_run": True, "removed": preview.removed, "is_complete": preview.is_complete, "schedule_run": None}
        return web.json_response(CleanupSchema().dump(fields))
    schedule_run = await set_off(request, ScheduleType.CLEANUP, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}")
    view = {
        "dry_run": False,
        "removed": {},
        "is_complete": True,
        "schedule_run": await schedule_runs.read(database, schedule_run),
    }
    return web.json_response(CleanupSchema().dump(view))
