"""The schedule worker: claims triggered schedule runs and executes them, one at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import structlog

from oa_api.background.heartbeat import SCHEDULES
from oa_api.background.loop import run_loop
from oa_api.db.database import Database
from oa_api.db.errors import StoreError
from oa_api.schedules import schedule_runs
from oa_api.schedules.schedule_runs import LeaseLostError, ScheduleRun
from oa_shared.errors import OaError
from oa_shared.ids import new_token
from oa_shared.schedule_types import ScheduleType
from oa_shared.supervision import leave_worker
from oa_shared.tracing import trace_id

log = structlog.get_logger()
ScheduledTask = Callable[[ScheduleRun], Awaitable[None]]
_DELAYS_S = (10, 60, 300, 900)
_RENEWALS_PER_LEASE = 4
_MAX_CLAIMS = 20


class RetryLimitError(OaError):
    """The process dies each time it executes this schedule run."""

    code = "schedule.retry_limit"
    title = "Retry limit reached."


async def run_schedules(
    database: Database,
    tasks: Mapping[ScheduleType, ScheduledTask],
    stop: asyncio.Event,
    *,
    every_s: float = 2,
    lease_s: float = schedule_runs.LEASE_S,
) -> None:
    """Execute triggered schedule runs until `stop` is set."""

    async def work() -> bool:
        return await schedule_once(database, tasks, lease_s=lease_s)

    await run_loop(SCHEDULES, work, stop, every_s=every_s)


async def schedule_once(
    database: Database, tasks: Mapping[ScheduleType, ScheduledTask], *, lease_s: float = schedule_runs.LEASE_S
) -> bool:
    """Execute the schedule run that has been due longest; return False when none is due. Raises StoreError."""
    schedule_run = await schedule_runs.claim(database, new_token(), lease_s=lease_s)
    if schedule_run is None:
        return False
    context = {"type": schedule_run.type, "period": schedule_run.period}
    structlog.contextvars.bind_contextvars(request_id=trace_id(schedule_run.traceparent), **context)
    log.info("schedule_started", tries=schedule_run.tries)
    renewal = asyncio.create_task(_renew_lease(database, schedule_run))
    try:
        await _execute(tasks, schedule_run)
        await schedule_runs.complete(database, schedule_run)
    except LeaseLostError as error:
        log.warning("schedule_taken_over", error=error.detail)
    except OaError as error:
        log.warning("schedule_failed", code=error.code, error=error.detail)
        delays_s = _DELAYS_S if error.retryable else None
        await schedule_runs.fail(database, schedule_run, _error_text(error), delays_s=delays_s)
    except Exception as error:
        # A bug ends this try of the schedule run, not the worker.
        log.exception("schedule_crashed")
        text = f"internal error {type(error).__name__}; see the log"
        await schedule_runs.fail(database, schedule_run, text, delays_s=_DELAYS_S)
    else:
        log.info("schedule_done")
    finally:
        renewal.cancel()
        await asyncio.wait([renewal])
        structlog.contextvars.unbind_contextvars("request_id", *context)
    return True


def _error_text(error: OaError) -> str:
    """Return the error that users see; details of the database are for the log only."""
    return error.title if isinstance(error, StoreError) else f"{error.title} {error.detail}".strip()


async def _execute(tasks: Mapping[ScheduleType, ScheduledTask], schedule_run: ScheduleRun) -> None:
    if schedule_run.tries > _MAX_CLAIMS:
        raise RetryLimitError(f"failed to finish after {schedule_run.tries} attempts; see the log")
    await tasks[schedule_run.type](schedule_run)


async def _renew_lease(database: Database, schedule_run: ScheduleRun) -> None:
    """Renew the lease while the task runs; a step of the task that finds the lease lost raises LeaseLostError."""
    leave_worker()
    while True:
        await asyncio.sleep(schedule_run.lease_s / _RENEWALS_PER_LEASE)
        try:
            await database.run(partial(schedule_runs.renew, schedule_run=schedule_run))
        except (StoreError, LeaseLostError) as error:
            log.warning("schedule_not_renewed", error=error.detail)
