"""Which duties this process does, put together from the settings."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from oa_api.bulk_actions.worker import run_bulk
from oa_api.db.database import Database
from oa_api.identity.sign_in_mail_worker import run_sign_in_mail
from oa_api.jobs.outbox_relay import run_relay
from oa_api.jobs.results_consumer import run_results_consumer
from oa_api.jobs.sweep import SweepTimes, run_sweep
from oa_api.mail import Mailer
from oa_api.pull_requests.factory import open_github
from oa_api.pull_requests.worker import run_github
from oa_api.schedules.tasks import scheduled_tasks
from oa_api.schedules.worker import run_schedules
from oa_api.settings import Settings, site_url
from oa_api.webhooks.sender import Sender
from oa_api.webhooks.worker import run_webhooks
from oa_shared.queue import Queue
from oa_shared.storage import Storage

Worker = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What duties work with, opened and closed by the caller."""

    database: Database
    storage: Storage
    jobs_queue: Queue
    results_queue: Queue


async def build_workers(settings: Settings, near: Dependencies, stack: AsyncExitStack) -> list[Worker]:
    """Return the duties that are switched on, each to be called with what tells it to stop. Raises SettingsError."""
    chosen: list[tuple[bool, Worker]] = [
        (settings.relay, partial(run_relay, near.database, near.jobs_queue)),
        (settings.consumer, _consumer(settings, near)),
        (settings.sweep, _sweep(settings, near)),
        (settings.sign_in_mail, partial(run_sign_in_mail, near.database, Mailer.of(settings), site=site_url(settings))),
        (settings.webhooks, partial(run_webhooks, near.database, Sender(settings.allowed_hosts))),
        (settings.bulk, partial(run_bulk, near.database)),
        (settings.schedules, _schedules(settings, near)),
    ]
    return [duty for is_wanted, duty in chosen if is_wanted] + await _towards_github(settings, near, stack)


def _consumer(settings: Settings, near: Dependencies) -> Worker:
    return partial(
        run_results_consumer,
        near.database,
        near.results_queue,
        grace_s=settings.result_grace_s,
        visibility_s=settings.visibility_s,
    )


def _sweep(settings: Settings, near: Dependencies) -> Worker:
    times = SweepTimes(settings.sweep_every_s, settings.republish_after_s, settings.job_deadline_s)
    return partial(run_sweep, near.database, near.jobs_queue, near.storage, times=times)


def _schedules(settings: Settings, near: Dependencies) -> Worker:
    works = scheduled_tasks(settings, near.database, near.storage)
    return partial(run_schedules, near.database, works, lease_s=settings.schedule_lease_s)


async def _towards_github(settings: Settings, near: Dependencies, stack: AsyncExitStack) -> list[Worker]:
    """Return the duty towards GitHub where it is set up."""
    if not (settings.github and settings.github_repository):
        return []
    opened = open_github(settings, database=near.database, storage=near.storage)
    return [partial(run_github, await stack.enter_async_context(opened))]
