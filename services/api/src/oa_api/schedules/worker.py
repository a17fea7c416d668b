"""The duty behind the schedules: takes what was fired, one at a time, and does it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import structlog

from oa_api.background.heartbeat import SCHEDULES, record_heartbeat
from oa_api.background.loop import run_loop
from oa_api.db.database import Database
from oa_api.db.errors import StoreError
from oa_api.schedules import schedule_runs
from oa_api.schedules.schedule_runs import LeaseLostError, ScheduleRun
from oa_shared.errors import OaError
from oa_shared.ids import new_token
from oa_shared.schedule_types import ScheduleType
from oa_shared.tracing import trace_id

log = structlog.get_logger()
Work = Callable[[ScheduleRun], Awaitable[None]]
_DELAYS_S = (10, 60, 300, 900)
_SIGNS_A_LEASE = 4
_MAX_TAKEN = 20


class RetryLimitError(OaError):
    """The process ends each time it does this work."""

    code = "schedule.endless"
    title = "The work never comes to an end."


async def run_schedules(
    database: Database,
    works: Mapping[ScheduleType, Work],
    stop: asyncio.Event,
    *,
    every_s: float = 2,
    lease_s: float = schedule_runs.LEASE_S,
) -> None:
    """Do what was fired until `stop` is set."""

    async def work() -> bool:
        await record_heartbeat(database, SCHEDULES)
        return await schedule_once(database, works, lease_s=lease_s)

    await run_loop(SCHEDULES, work, stop, every_s=every_s)


async def schedule_once(
    database: Database, works: Mapping[ScheduleType, Work], *, lease_s: float = schedule_runs.LEASE_S
) -> bool:
    """Do the work that has been due longest; False when nothing is due. Raises StoreError."""
    held = await schedule_runs.claim(database, new_token(), lease_s=lease_s)
    if held is None:
        return False
    told = {"type": held.type, "period": held.period}
    structlog.contextvars.bind_contextvars(request_id=trace_id(held.traceparent), **told)
    log.info("schedule_begun", tries=held.tries)
    keeping = asyncio.create_task(_keep(database, held))
    try:
        await _do(works, held)
        await schedule_runs.complete(database, held)
    except LeaseLostError as error:
        log.warning("schedule_taken_over", error=error.detail)
    except OaError as error:
        log.warning("schedule_failed", code=error.code, error=error.detail)
        await schedule_runs.fail(database, held, _words(error), delays_s=_DELAYS_S if error.retryable else None)
    else:
        log.info("schedule_done")
    finally:
        keeping.cancel()
        await asyncio.wait([keeping])
        structlog.contextvars.unbind_contextvars("request_id", *told)
    return True


def _words(error: OaError) -> str:
    """Return what people are told; what the database says is for the log only."""
    return error.title if isinstance(error, StoreError) else f"{error.title} {error.detail}".strip()


async def _do(works: Mapping[ScheduleType, Work], held: ScheduleRun) -> None:
    if held.tries > _MAX_TAKEN:
        raise RetryLimitError(f"begun {held.tries} times, and never ended: the log says why")
    await works[held.type](held)


async def _keep(database: Database, held: ScheduleRun) -> None:
    """Say now and then that the work goes on; a step that has lost its lease finds that out by itself."""
    while True:
        await asyncio.sleep(held.lease_s / _SIGNS_A_LEASE)
        try:
            await database.run(partial(schedule_runs.renew, held=held))
            await record_heartbeat(database, SCHEDULES)
        except (StoreError, LeaseLostError) as error:
            log.warning("schedule_not_kept", error=error.detail)
