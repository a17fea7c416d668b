"""The background workers of this process, built from the settings."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from oa_api.background.dependency_check import DEPENDENCIES, run_dependency_checks
from oa_api.background.heartbeat import (
    BULK,
    CONSUMER,
    GITHUB,
    HEARTBEAT,
    RELAY,
    SCHEDULES,
    SWEEP,
    run_heartbeat,
)
from oa_api.background.process_state import ProcessState
from oa_api.bulk_actions.worker import run_bulk
from oa_api.db.database import Database
from oa_api.definitions.examiner import Examiner
from oa_api.identity.sign_in_mail_worker import SIGN_IN_MAIL, run_sign_in_mail
from oa_api.jobs.lost_results import AUDIT_EVERY_S, STORE_AUDIT, run_store_audit
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
from oa_api.webhooks.worker import WEBHOOKS, run_webhooks
from oa_shared.dependency_check import CHECK_EVERY_S, Dependency
from oa_shared.process_report import REPORT_EVERY_S
from oa_shared.queue import Queue
from oa_shared.storage import Storage
from oa_shared.supervision import Worker

# A schedule has long steps, such as the download of a repository.
_SCHEDULE_FACTOR = 6
_Run = Callable[[asyncio.Event], Coroutine[object, object, None]]


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What workers use; the caller opens and closes them."""

    database: Database
    storage: Storage
    jobs_queue: Queue
    results_queue: Queue
    process: ProcessState
    checked: Sequence[Dependency] = ()


async def build_workers(settings: Settings, deps: Dependencies, stack: AsyncExitStack) -> list[Worker]:
    """Return the enabled workers. Raises SettingsError."""
    database, mailer = deps.database, Mailer.of(settings)
    sender = Sender(settings.allowed_hosts, site=site_url(settings))
    # Apart from that of requests: definitions of pull requests must not delay those of accounts.
    examiner = await stack.enter_async_context(Examiner())
    runs: list[tuple[bool, str, _Run]] = [
        (True, HEARTBEAT, partial(run_heartbeat, database, deps.process)),
        (bool(deps.checked), DEPENDENCIES, partial(run_dependency_checks, deps.process, deps.checked)),
        (settings.relay, RELAY, partial(run_relay, database, deps.jobs_queue, max_ahead=settings.messages_ahead)),
        (settings.consumer, CONSUMER, _results_consumer(settings, deps)),
        (settings.sweep, SWEEP, _sweep(settings, deps)),
        (settings.sweep, STORE_AUDIT, partial(run_store_audit, database, deps.storage)),
        (settings.sign_in_mail, SIGN_IN_MAIL, partial(run_sign_in_mail, database, mailer, site=site_url(settings))),
        (settings.webhooks, WEBHOOKS, partial(run_webhooks, database, sender)),
        (settings.bulk, BULK, partial(run_bulk, database)),
        (settings.schedules, SCHEDULES, _schedules(settings, deps, examiner)),
    ]
    if settings.github and settings.github_repository:
        github = open_github(settings, database=database, storage=deps.storage, examiner=examiner)
        runs.append((True, GITHUB, partial(run_github, await stack.enter_async_context(github))))
    return [Worker(name, run, _hang_s(settings, name)) for is_enabled, name, run in runs if is_enabled]


def _hang_s(settings: Settings, name: str) -> float:
    """Return without how many seconds of progress a worker is restarted; one that rests long is given that time."""
    if name == SCHEDULES:
        return settings.worker_hang_s * _SCHEDULE_FACTOR
    rests_s = {
        SWEEP: settings.sweep_every_s,
        HEARTBEAT: REPORT_EVERY_S,
        DEPENDENCIES: CHECK_EVERY_S,
        STORE_AUDIT: AUDIT_EVERY_S,
    }
    return max(settings.worker_hang_s, 2 * rests_s.get(name, 0))


def _results_consumer(settings: Settings, deps: Dependencies) -> _Run:
    return partial(
        run_results_consumer,
        deps.database,
        deps.results_queue,
        storage=deps.storage,
        grace_s=settings.result_grace_s,
        visibility_s=settings.visibility_s,
    )


def _sweep(settings: Settings, deps: Dependencies) -> _Run:
    times = SweepTimes(settings.sweep_every_s, settings.republish_after_s, settings.job_deadline_s)
    return partial(run_sweep, deps.database, deps.jobs_queue, deps.storage, times=times)


def _schedules(settings: Settings, deps: Dependencies, examiner: Examiner) -> _Run:
    tasks = scheduled_tasks(settings, deps.database, deps.storage, examiner)
    return partial(run_schedules, deps.database, tasks, lease_s=settings.schedule_lease_s)
