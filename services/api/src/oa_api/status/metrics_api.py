"""GET /metrics: counters of this process, and the present state of the database and the queues."""

import asyncio

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from oa_api import metrics
from oa_api.background.heartbeat import list_heartbeats
from oa_api.db.database import Database
from oa_api.db.errors import StoreError
from oa_api.http.app_keys import DATABASE, QUEUES, SETTINGS, QueuePair
from oa_api.jobs.lost_results import count_lost_results
from oa_api.jobs.outbox_relay import get_backlog
from oa_api.jobs.queries import count_jobs_by_status
from oa_api.jobs.weekly_run import get_age_s
from oa_api.ui.timed_cache import TimedCache
from oa_shared.queue import QueueUnavailableError
from oa_shared.status import JobStatus

_QUEUE_TIMEOUT_S = 3
MEASUREMENT: web.AppKey[TimedCache[None]] = web.AppKey("measurement", TimedCache)


async def get_metrics(request: web.Request) -> web.Response:
    """Return Prometheus metrics; while a dependency is down its metrics keep their last value, and its `_up` is 0."""
    await request.app[MEASUREMENT].get()
    body = await asyncio.to_thread(generate_latest, REGISTRY)  # it reads /proc
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


def set_up_metrics(app: web.Application) -> None:
    """Create the measurement. Requires DATABASE, QUEUES and SETTINGS.

    Anyone may request the metrics, and each measurement is several queries and calls to the queues, which cost money:
    it is repeated at most every few seconds, however many requests arrive.
    """

    async def measure() -> None:
        queues = [_measure_queue(name, pair) for name, pair in app[QUEUES].items()]
        await asyncio.gather(_measure_database(app[DATABASE], app[SETTINGS].job_deadline_s), *queues)

    app[MEASUREMENT] = TimedCache(measure, max_age_s=app[SETTINGS].monitoring_cache_s)


async def _measure_database(database: Database, deadline_s: float) -> None:
    try:
        backlog = await get_backlog(database)
        jobs_by_status = await count_jobs_by_status(database)
        workers = await list_heartbeats(database)
        weekly_run_age_s = await get_age_s(database, deadline_s)
        lost = await count_lost_results(database)
    except StoreError:
        metrics.DATABASE_UP.set(0)
        return
    metrics.DATABASE_UP.set(1)
    metrics.OUTBOX_WAITING.set(backlog.waiting)
    metrics.OUTBOX_AGE_S.set(backlog.age_s or 0)
    metrics.OUTBOX_STALLED_S.set(backlog.stalled_s or 0)
    metrics.WEEKLY_RUN_AGE_S.set(weekly_run_age_s)
    metrics.LOST_RESULTS.set(lost.results)
    for status in JobStatus:
        metrics.JOBS.labels(status).set(jobs_by_status.get(status, 0))
    metrics.WORKER_AGE_S.clear()
    for worker in workers:
        metrics.WORKER_AGE_S.labels(worker.part, worker.process).set(worker.age_s)


async def _measure_queue(name: str, pair: QueuePair) -> None:
    try:
        async with asyncio.timeout(_QUEUE_TIMEOUT_S):
            depth = await pair.main.depth()
            dead_letters = (await pair.dead.depth()).visible if pair.dead else 0
    except (QueueUnavailableError, TimeoutError):
        metrics.QUEUE_UP.labels(name).set(0)
        return
    metrics.QUEUE_UP.labels(name).set(1)
    for state, messages in (("visible", depth.visible), ("in_flight", depth.in_flight), ("delayed", depth.delayed)):
        metrics.QUEUE_MESSAGES.labels(name, state).set(messages)
    metrics.DEAD_LETTERS.labels(name).set(dead_letters)
