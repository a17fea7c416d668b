"""The background workers of this process, built from the settings."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from oa_api.bulk_actions.worker import run_bulk
from oa_api.db.database import Database
from oa_api.definitions.examiner import Examiner
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

# Runs until its event is set.
Worker = Callable[[asyncio.Event], Coroutine[object, object, None]]


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What workers use; the caller opens and closes them."""

    database: Database
    storage: Storage
    jobs_queue: Queue
    results_queue: Queue


async def build_workers(settings: Settings, deps: Dependencies, stack: AsyncExitStack) -> list[Worker]:
    """Return the enabled workers. Raises SettingsError."""
    database, mailer = deps.database, Mailer.of(settings)
    # Apart from that of requests: definitions of pull requests must not delay those of accounts.
    examiner = await stack.enter_async_context(Examiner())
    workers: list[tuple[bool, Worker]] = [
        (settings.relay, partial(run_relay, database, deps.jobs_queue)),
        (settings.consumer, _results_consumer(settings, deps)),
        (settings.sweep, _sweep(settings, deps)),
        (settings.sign_in_mail, partial(run_sign_in_mail, database, mailer, site=site_url(settings))),
        (settings.webhooks, partial(run_webhooks, database, Sender(settings.allowed_hosts))),
        (settings.bulk, partial(run_bulk, database)),
        (settings.schedules, _schedules(settings, deps, examiner)),
    ]
    enabled = [worker for is_enabled, worker in workers if is_enabled]
    if settings.github and settings.github_repository:
        github = open_github(settings, database=database, storage=deps.storage, examiner=examiner)
        enabled.append(partial(run_github, await stack.enter_async_context(github)))
    return enabled


def _results_consumer(settings: Settings, deps: Dependencies) -> Worker:
    return partial(
        run_results_consumer,
        deps.database,
        deps.results_queue,
        storage=deps.storage,
        grace_s=settings.result_grace_s,
        visibility_s=settings.visibility_s,
    )


def _sweep(settings: Settings, deps: Dependencies) -> Worker:
    times = SweepTimes(settings.sweep_every_s, settings.republish_after_s, settings.job_deadline_s)
    return partial(run_sweep, deps.database, deps.jobs_queue, deps.storage, times=times)


def _schedules(settings: Settings, deps: Dependencies, examiner: Examiner) -> Worker:
    tasks = scheduled_tasks(settings, deps.database, deps.storage, examiner)
    return partial(run_schedules, deps.database, tasks, lease_s=settings.schedule_lease_s)
