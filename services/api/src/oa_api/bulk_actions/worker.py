"""The worker of bulk actions: handles a few jobs at a time, and resumes after a crash."""

import asyncio

import structlog

from oa_api.background.heartbeat import BULK
from oa_api.background.loop import run_loop
from oa_api.bulk_actions.bulk_actions import run_step
from oa_api.db.database import Database

log = structlog.get_logger()


async def run_bulk(database: Database, stop: asyncio.Event, *, every_s: float = 1.0) -> None:
    """Carry out bulk actions until `stop` is set."""

    async def work() -> bool:
        jobs = await run_step(database)
        # Actions bind their job to the log; the next job must not inherit it.
        structlog.contextvars.clear_contextvars()
        if jobs:
            log.info("bulk_step_done", jobs=jobs)
        return jobs is not None

    await run_loop(BULK, work, stop, every_s=every_s)
