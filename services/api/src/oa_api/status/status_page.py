"""The page /status: whether each part of the system works, and since when not."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from oa_api.background.heartbeat import HeartbeatRow
from oa_api.status.health import Health, check_health
from oa_api.status.system_status import SYSTEM, batch_part
from oa_api.ui.rendering import render
from oa_shared.process_report import DISPATCHER, DISPATCHER_SWEEP
from oa_shared.value_text import plural


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
        verdict=state_verdict(health, {queue.name: queue.dead for queue in system.queues if queue.dead}),
        system=system,
        batch=batch_part(health.parts),
        dispatchers=_parts_of(health.parts, DISPATCHER),
        sweeps=_parts_of(health.parts, DISPATCHER_SWEEP),
    )


def state_verdict(health: Health, dead_letters: Mapping[str, int]) -> StatusVerdict:
    """Return what to say first; `dead_letters` has their number by queue, without the empty ones."""
    if health.problems:
        first, *others = health.problems
        return StatusVerdict("bad", f"{len(health.problems)} problems" if others else first)
    notes = [f"Paused: {', '.join(health.paused)}."] if health.paused else []
    if dead_letters:
        numbers = ", ".join(f"{plural(number, 'message')} of queue {name}" for name, number in dead_letters.items())
        notes.append(f"Dead letters: {numbers}.")
    return StatusVerdict("warn" if notes else "good", " ".join(["All parts work.", *notes]))


def _parts_of(parts: list[HeartbeatRow], name: str) -> list[HeartbeatRow]:
    return [part for part in parts if part.part == name]
