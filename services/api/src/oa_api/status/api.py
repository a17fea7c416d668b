"""The endpoints of health and version; browsers get the front page."""

import asyncio
from collections.abc import Sequence

from aiohttp import web

from oa_api.background.heartbeat import HeartbeatRow, record_report
from oa_api.db.errors import StoreError
from oa_api.http.app_keys import DATABASE, PROCESS
from oa_api.http.request_parsing import read_body
from oa_api.http.time_limits import HEALTH_WAIT_S
from oa_api.imports.obstacles import find_obstacle
from oa_api.status.front_page import show_front
from oa_api.status.health import check_health
from oa_api.status.queries import ping_database
from oa_api.status.schemas import HealthSchema, LivenessSchema, ProcessReportSchema, ReadinessSchema, VersionSchema
from oa_api.status.system_status import SYSTEM, SystemStatus, batch_part
from oa_shared.json_types import JsonObject
from oa_shared.version import VERSION

_HEALTH, _VERSION = HealthSchema(), VersionSchema()
_LIVENESS, _READINESS = LivenessSchema(), ReadinessSchema()
_RETRY_AFTER = {"Retry-After": "2"}


async def get_root(request: web.Request) -> web.Response:
    """Return the health of the system, with 503 if it has problems; to a browser the front page."""
    if "text/html" in request.headers.get("Accept", "") or "HX-Request" in request.headers:
        return await show_front(request)
    health, system = await asyncio.gather(check_health(request.app), request.app[SYSTEM].get())
    body = {
        "status": "unhealthy" if health.problems else "ok",
        "problems": health.problems,
        "workers": _workers(health.parts),
        "parts": health.parts,
        "paused": health.paused,
        "database_s": system.database_s,
        "queues": system.queues,
        "batch": _batch(health.parts, system),
        "waits": system.waits,
    }
    return web.json_response(_HEALTH.dump(body), status=503 if health.problems else 200)


def _batch(parts: Sequence[HeartbeatRow], system: SystemStatus) -> JsonObject:
    part = batch_part(parts)
    return {
        "answer_age_s": round(part.age_s, 1) if part else None,
        "running": system.running,
        "submitted": system.submitted,
        "slots": system.slots or None,
    }


def _workers(parts: Sequence[HeartbeatRow]) -> dict[str, JsonObject]:
    """Return the worst part of each name: one process does not vouch for another."""
    oldest: dict[str, HeartbeatRow] = {}
    for row in parts:
        if row.part not in oldest or row.age_s > oldest[row.part].age_s:
            oldest[row.part] = row
    return {name: {"reported_at": row.progress_at, "age_s": round(row.age_s, 1)} for name, row in oldest.items()}


async def get_liveness(request: web.Request) -> web.Response:
    """Return whether this process works, with 503 if it has to be replaced: its dependencies do not matter."""
    process = request.app[PROCESS]
    problems = process.problems()
    body = {"status": "unhealthy" if problems else "ok", "process": process.name, "problems": problems}
    return web.json_response(_LIVENESS.dump(body), status=503 if problems else 200, headers=_retry_if(problems))


async def get_readiness(request: web.Request) -> web.Response:
    """Return whether this process can serve requests now, with 503 if it cannot."""
    reason = request.app[PROCESS].unready_reason()
    if not reason:
        try:
            async with asyncio.timeout(HEALTH_WAIT_S):
                await ping_database(request.app[DATABASE])
                obstacle = await find_obstacle(request.app[DATABASE])
                reason = f"the database waits for {obstacle}" if obstacle else ""
        except (StoreError, TimeoutError):
            reason = "the database does not respond"
    body = {"status": "unready" if reason else "ready", "reason": reason}
    return web.json_response(_READINESS.dump(body), status=503 if reason else 200, headers=_retry_if(reason))


async def post_heartbeat(request: web.Request) -> web.Response:
    """Store the heartbeat of a process that has no access to the database."""
    report = await read_body(request, ProcessReportSchema())
    await record_report(request.app[DATABASE], report)
    return web.json_response({"process": report.process})


async def get_version(_request: web.Request) -> web.Response:
    """Return the version of the API."""
    return web.json_response(_VERSION.dump({"version": VERSION}))


def _retry_if(reason: object) -> dict[str, str]:
    return _RETRY_AFTER if reason else {}
