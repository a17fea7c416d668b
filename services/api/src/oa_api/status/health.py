"""The health of the system: whether the database responds and every part of every process works."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from oa_api.background.dependencies import DEPENDENCY_PARTS
from oa_api.background.heartbeat import CONSUMER, GITHUB, RELAY, SWEEP, HeartbeatRow, list_heartbeats
from oa_api.db.errors import StoreError
from oa_api.http.app_keys import DATABASE, PROCESS, SETTINGS
from oa_api.http.time_limits import HEALTH_WAIT_S
from oa_api.jobs.lost_results import count_lost_results
from oa_api.jobs.outbox_relay import stalled_for
from oa_api.pauses import pauses
from oa_shared.process_report import DISPATCHER, DISPATCHER_SWEEP

_REQUIRED_PARTS = (RELAY, CONSUMER, SWEEP, DISPATCHER, DISPATCHER_SWEEP)
# The alarm of the deployment has the same limit (terraform/variables.tf).
_MAX_STALLED_S = 300


@dataclass(frozen=True, slots=True)
class Health:
    """Problems for operators, the parts of all processes, those of them that do not work, and what is paused."""

    problems: list[str]
    parts: list[HeartbeatRow] = field(default_factory=list)
    faulty: list[HeartbeatRow] = field(default_factory=list)
    paused: list[str] = field(default_factory=list)
    has_database: bool = True


async def check_health(app: web.Application) -> Health:
    """Return what is wrong with the system, within 2 seconds."""
    own_problems = app[PROCESS].problems()
    if reason := app[PROCESS].waiting_for:
        own_problems.append(f"this process is starting and waits for {reason}")
    try:
        async with asyncio.timeout(HEALTH_WAIT_S):
            parts = await list_heartbeats(app[DATABASE])
            stalled_s = await stalled_for(app[DATABASE])
            lost = await count_lost_results(app[DATABASE])
            paused = [pause.label for pause in await pauses.list_notices(app[DATABASE])]
    except (StoreError, TimeoutError) as error:
        title = error.title if isinstance(error, StoreError) else "It took too long."
        return Health([*own_problems, f"the database does not respond: {title}"], has_database=False)
    settings = app[SETTINGS]
    required = (*_REQUIRED_PARTS, GITHUB) if settings.github_repository else _REQUIRED_PARTS
    silent_s = settings.worker_silent_s
    problems = [*own_problems, *find_problems(parts, required, worker_silent_s=silent_s)]
    if stalled_s > _MAX_STALLED_S:
        problems.append(f"a message of the outbox has not reached the jobs queue for {stalled_s:.0f} s")
    if lost.problem:
        problems.append(lost.problem)
    faulty = [row for row in parts if find_problems([row], {row.part} & {*required}, worker_silent_s=silent_s)]
    return Health(problems, parts, faulty, paused)


def find_problems(parts: Sequence[HeartbeatRow], required: Collection[str], *, worker_silent_s: float) -> list[str]:
    """Return what is wrong with the parts; each required part must run in at least one process.

    A process that was killed remains a problem for five minutes, unless it starts again on the same host; for a day if
    no other process runs a part of it. Other parts, such as schedules, have long steps: they say themselves when they
    hang.
    """
    silent = {row.process: row.silent_s for row in parts if row.is_silent}
    problems = [f"process {process} has not reported for {age_s:.0f} s" for process, age_s in sorted(silent.items())]
    reporting = [row for row in parts if row.process not in silent]
    for row in reporting:
        if row.problem and row.part in DEPENDENCY_PARTS:
            problems.append(f"{row.problem} (reported by {row.process})")
        elif row.problem:
            problems.append(f"{_worker(row)} {row.problem}")
        elif row.part in required and row.age_s > worker_silent_s + row.silent_s:
            problems.append(f"{_worker(row)} has not run for {row.age_s:.0f} s")
    running = {row.part for row in reporting}
    return problems + [f"worker {part} runs in no process" for part in required if part not in running]


def _worker(row: HeartbeatRow) -> str:
    return f"worker {row.part} of {row.process}"
