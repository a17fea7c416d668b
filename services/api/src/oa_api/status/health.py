"""The health of the service: whether the database responds and the workers run."""

from dataclasses import dataclass, field

from aiohttp import web

from oa_api.background.heartbeat import CONSUMER, GITHUB, RELAY, SWEEP, HeartbeatRow, list_heartbeats
from oa_api.db.errors import StoreError
from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.jobs.outbox_relay import stalled_for
from oa_api.pauses import pauses

_REQUIRED_WORKERS = (RELAY, CONSUMER, SWEEP)
# The alarm of the deployment has the same limit (terraform/variables.tf).
_MAX_STALLED_S = 300


@dataclass(frozen=True, slots=True)
class Health:
    """Problems for operators, and the heartbeats of the workers."""

    problems: list[str]
    workers: list[HeartbeatRow] = field(default_factory=list)


async def check_health(app: web.Application) -> Health:
    """Return what is wrong with the service, and when each worker last ran."""
    try:
        workers = await list_heartbeats(app[DATABASE])
        stalled_s = await stalled_for(app[DATABASE])
    except StoreError as error:
        return Health([f"the database does not respond: {error.title}"])
    settings = app[SETTINGS]
    required = (*_REQUIRED_WORKERS, GITHUB) if settings.github_repository else _REQUIRED_WORKERS
    ages = {worker.name: worker.age_s for worker in workers}
    problems = [
        f"worker {name} has not run for {ages[name]:.0f} s" if name in ages else f"worker {name} has never run"
        for name in required
        if ages.get(name, settings.worker_silent_s + 1) > settings.worker_silent_s
    ]
    if stalled_s > _MAX_STALLED_S:
        problems.append(f"a message of the outbox has not reached the jobs queue for {stalled_s:.0f} s")
    return Health(problems, workers)


async def list_pause_labels(app: web.Application) -> list[str]:
    """Return what is paused; an empty list while the database does not respond."""
    try:
        return [pause.label for pause in await pauses.list_active(app[DATABASE])]
    except StoreError:
        return []
