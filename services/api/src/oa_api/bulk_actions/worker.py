"""The duty that carries bulk actions out, a few jobs at a time; after a crash it goes on where it stopped."""

import asyncio
import time

import structlog

from oa_api.background.heartbeat import BULK, record_heartbeat
from oa_api.background.loop import run_loop
from oa_api.bulk_actions.bulk_actions import step
from oa_api.db.database import Database

log = structlog.get_logger()
_BEAT_S = 5.0


async def run_bulk(database: Database, stop: asyncio.Event, *, every_s: float = 1.0) -> None:
    """Carry out what was asked for until `stop` is set."""
    beaten = 0.0

    async def work() -> bool:
        nonlocal beaten
        jobs = await database.run(step)
        # What a move binds to the lines of its job is not for those of the next.
        structlog.contextvars.clear_contextvars()
        if time.monotonic() - beaten > _BEAT_S:
            await record_heartbeat(database, BULK)
            beaten = time.monotonic()
        if jobs:
            log.info("bulk_step_done", jobs=jobs)
        return jobs is not None

    await run_loop(BULK, work, stop, every_s=every_s)
