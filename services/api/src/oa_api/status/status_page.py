"""The page /status: whether each part of the system works, and since when not."""

import asyncio
from dataclasses import dataclass

from aiohttp import web

from oa_api.background.heartbeat import HeartbeatRow
from oa_api.status.health import Health, check_health
from oa_api.status.system_status import SYSTEM, batch_part
from oa_api.ui.rendering import render
from oa_shared.process_report import DISPATCHER, DISPATCHER_SWEEP


@dataclass(frozen=True, slots=True)
class StatusVerdict:
    """One sentence about the system, and the kind of its color."""

    kind: str
    text: str


async def show_status(request: web.Request) -> web.Response:
    """Show the state of each part; 200 also with problems, which `GET /` reports with 503."""
    health, system = await asyncio.gather(check_health(request.app), request.app[SYSTEM].get())
    return render(
        request,
        "status/status.html",
        health=health,
        verdict=state_verdict(health),
        system=system,
        batch=batch_part(health.parts),
        dispatchers=_parts_of(health.parts, DISPATCHER),
        sweeps=_parts_of(health.parts, DISPATCHER_SWEEP),
    )


def state_verdict(health: Health) -> StatusVerdict:
    """Return what to say first."""
    if health.problems:
        first, *others = health.problems
        return StatusVerdict("bad", f"{len(health.problems)} problems" if others else first)
    if health.paused:
        return StatusVerdict("warn", f"All parts work. Paused: {', '.join(health.paused)}.")
    return StatusVerdict("good", "All parts work.")


def _parts_of(parts: list[HeartbeatRow], name: str) -> list[HeartbeatRow]:
    return [part for part in parts if part.part == name]
