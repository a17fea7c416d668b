"""GET /metrics: what has happened in this process, and what the database and the queues hold now."""

import asyncio

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from oa_api import metrics
from oa_api.db.database import Database
from oa_api.db.errors import StoreError
from oa_api.db.query_files import load_queries
from oa_api.http.app_keys import DATABASE, QUEUES, QueuePair
from oa_shared.queue import QueueUnavailableError
from oa_shared.status import JobStatus

_READS = load_queries("jobs.reads")
_HEARTBEAT = load_queries("background.heartbeat")
_RELAY = load_queries("jobs.outbox_relay")
_WITHIN_S = 3


async def get_metrics(request: web.Request) -> web.Response:
    """Return Prometheus metrics; those of a neighbour that is away keep their last value, and its `_up` is 0."""
    looks = [_look_at_queue(name, pair) for name, pair in request.app[QUEUES].items()]
    await asyncio.gather(_look_at_database(request.app[DATABASE]), *looks)
    body = await asyncio.to_thread(generate_latest, REGISTRY)  # it reads /proc
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _look_at_database(database: Database) -> None:
    try:
        outbox = await database.first(_RELAY["oldest_unsent"]) or {}
        statuses = {row["status"]: row["jobs"] for row in await database.all(_READS["jobs_by_status"])}
        workers = await database.all(_HEARTBEAT["heartbeats"])
    except StoreError:
        metrics.DATABASE_UP.set(0)
        return
    metrics.DATABASE_UP.set(1)
    metrics.OUTBOX_WAITING.set(outbox.get("waiting") or 0)
    metrics.OUTBOX_AGE_S.set(outbox.get("age_s") or 0)
    for status in JobStatus:
        metrics.JOBS.labels(status).set(statuses.get(status, 0))
    for row in workers:
        metrics.WORKER_AGE_S.labels(row["name"]).set(row["age_s"])


async def _look_at_queue(name: str, pair: QueuePair) -> None:
    try:
        async with asyncio.timeout(_WITHIN_S):
            depth = await pair.main.depth()
            dead = (await pair.dead.depth()).visible if pair.dead else 0
    except (QueueUnavailableError, TimeoutError):
        metrics.QUEUE_UP.labels(name).set(0)
        return
    metrics.QUEUE_UP.labels(name).set(1)
    for state, messages in (("visible", depth.visible), ("in_flight", depth.in_flight), ("delayed", depth.delayed)):
        metrics.QUEUE_MESSAGES.labels(name, state).set(messages)
    metrics.DEAD_LETTERS.labels(name).set(dead)
