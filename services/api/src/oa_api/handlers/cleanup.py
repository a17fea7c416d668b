"""The endpoints of /api/cleanup."""

from datetime import UTC, datetime

from aiohttp import web

from oa_api import audit
from oa_api.cleanup import work
from oa_api.cleanup.rules import change_rules, read_rules
from oa_api.errors import InvalidError
from oa_api.handlers.schedules import set_off
from oa_api.identity.principal import PRINCIPAL
from oa_api.requests import body
from oa_api.schedules import fires
from oa_api.schemas.cleanup import Cleanup, CleanupRequest, CleanupRules, RulesChange
from oa_api.services import DATABASE, STORAGE
from oa_api.store.database import Transaction
from oa_shared.schedule_types import ScheduleType


async def get_rules(request: web.Request) -> web.Response:
    """Return the rules and what the last cleanup did."""
    database = request.app[DATABASE]
    rules = (await read_rules(database)).values()
    last = await fires.latest_done(database, ScheduleType.CLEANUP)
    return web.json_response(CleanupRules().dump({"rules": list(rules), "last": last}))


async def patch_rules(request: web.Request) -> web.Response:
    """Change rules: all of those named, or none."""
    asked, by = await body(request, RulesChange()), request[PRINCIPAL]

    async def change(transaction: Transaction) -> None:
        unknown = await change_rules(transaction, asked["rules"])
        if unknown:
            words = f"there is no rule {', '.join(map(repr, unknown))}"
            raise InvalidError(words, fields={"rules": [words]})
        await audit.record(transaction, by, action="cleanup.rules", subject="cleanup", detail=asked)

    await request.app[DATABASE].run(change)
    return await get_rules(request)


async def post_cleanup(request: web.Request) -> web.Response:
    """Say what would go, or set the work going beside the request."""
    asked, database = await body(request, CleanupRequest()), request.app[DATABASE]
    if asked["dry_run"]:
        found = await work.look(database, request.app[STORAGE])
        return web.json_response(Cleanup().dump({"dry_run": True, **found, "fire": None}))
    fire = await set_off(request, ScheduleType.CLEANUP, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}")
    view = {"dry_run": False, "removed": {}, "is_complete": True, "fire": await fires.read(database, fire)}
    return web.json_response(Cleanup().dump(view))
