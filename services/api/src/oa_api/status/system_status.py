"""The parts of the system in numbers: the database, the queues, Batch, and how long jobs wait."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import web

from oa_api.background.heartbeat import HeartbeatRow
from oa_api.db.database import Database
from oa_api.db.errors import StoreError
from oa_api.db.query_files import load_queries
from oa_api.http.app_keys import DATABASE, QUEUES, SETTINGS, QueuePair
from oa_api.status.queries import ping_database
from oa_api.ui.timed_cache import TimedCache
from oa_shared.process_report import BATCH
from oa_shared.queue import QueueUnavailableError
from oa_shared.scheduling import Lane
from oa_shared.time_limits import limit_waits

_SQL = load_queries("status.system")
_WAIT_S = 1.0
_MOST_JOBS = 2_000
# Waiting this long is unusual for a lane only if it also exceeds its usual wait by the factor.
_LEAST_WAIT_S, _LONGER_THAN_USUAL = 600.0, 3.0
SYSTEM: web.AppKey[TimedCache["SystemStatus"]] = web.AppKey("system", TimedCache)


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """A queue; None stands for a number that is not known, of a queue that does not answer."""

    name: str
    waiting: int | None = None
    in_hand: int | None = None
    delayed: int | None = None
    dead: int | None = None
    oldest_s: float | None = None


@dataclass(frozen=True, slots=True)
class LaneWait:
    """How long the oldest Pending job of a lane waits, None without one, and nine of ten jobs usually did."""

    lane: str
    oldest_s: float | None
    usual_s: float | None

    @property
    def is_unusual(self) -> bool:
        """Return whether the oldest job waits much longer than usual."""
        oldest_s = self.oldest_s or 0.0
        return oldest_s > max(_LEAST_WAIT_S, _LONGER_THAN_USUAL * (self.usual_s or 0.0))


@dataclass(frozen=True, slots=True)
class SystemStatus:
    """The parts of the system; `database_s` is how long the database took to answer, None if it did not."""

    database_s: float | None = None
    queues: list[QueueStatus] = field(default_factory=list)
    running: int | None = None
    submitted: int | None = None
    slots: int = 0
    waits: list[LaneWait] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _OldestPending:
    lane: str
    oldest_s: float
    jobs: int


@dataclass(frozen=True, slots=True)
class _UsualWait:
    lane: str
    usual_s: float


@dataclass(frozen=True, slots=True)
class _Containers:
    running: int
    submitted: int


def set_up_system_status(app: web.Application) -> None:
    """Cache the numbers for some seconds: anyone may request them, and calls to queues cost money."""

    async def measure() -> SystemStatus:
        with limit_waits(_WAIT_S, total_s=_WAIT_S):
            return await _measure(app)

    app[SYSTEM] = TimedCache(measure, max_age_s=app[SETTINGS].monitoring_cache_s)


def batch_part(parts: Sequence[HeartbeatRow]) -> HeartbeatRow | None:
    """Return Batch as the dispatcher sees it that last reported, None before the first report."""
    return min((part for part in parts if part.part == BATCH), key=lambda part: part.silent_s, default=None)


async def _measure(app: web.Application) -> SystemStatus:
    queues = asyncio.gather(*(_read_queue(name, pair) for name, pair in app[QUEUES].items()))
    database, slots = app[DATABASE], app[SETTINGS].batch_slots
    try:
        started = time.perf_counter()
        await ping_database(database)
        database_s = time.perf_counter() - started
        held = await database.first(_SQL["in_hand"], {"most": _MOST_JOBS * 10}, into=_Containers)
        oldest_s = await database.first(_SQL["oldest_sent"], {"most": _MOST_JOBS}, into=float)
        waits = await _list_waits(database)
    except StoreError:
        return SystemStatus(queues=list(await queues), slots=slots)
    containers = held or _Containers(0, 0)
    return SystemStatus(
        database_s=database_s,
        queues=[_with_oldest(queue, oldest_s) for queue in await queues],
        running=containers.running,
        submitted=containers.submitted,
        slots=slots,
        waits=waits,
    )


async def _list_waits(database: Database) -> list[LaneWait]:
    limit = {"most": _MOST_JOBS}
    oldest = {row.lane: row.oldest_s for row in await database.all(_SQL["oldest_pending"], limit, into=_OldestPending)}
    usual = {row.lane: row.usual_s for row in await database.all(_SQL["usual_waits"], limit, into=_UsualWait)}
    return [LaneWait(lane, oldest.get(lane), usual.get(lane)) for lane in Lane]


async def _read_queue(name: str, pair: QueuePair) -> QueueStatus:
    try:
        depth = await pair.main.depth()
        dead = (await pair.dead.depth()).visible if pair.dead else None
    except QueueUnavailableError:
        return QueueStatus(name)
    return QueueStatus(name, depth.visible, depth.in_flight, depth.delayed, dead)


def _with_oldest(queue: QueueStatus, oldest_s: float | None) -> QueueStatus:
    """Return the jobs queue with the age of its oldest message, which the outbox knows and SQS does not report."""
    if queue.name != "jobs" or oldest_s is None:
        return queue
    return QueueStatus(queue.name, queue.waiting, queue.in_hand, queue.delayed, queue.dead, oldest_s)
