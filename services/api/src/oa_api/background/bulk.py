"""The duty that carries bulk actions out, a few jobs at a time; after a crash it goes on where it stopped."""

import asyncio
import time

import structlog

from oa_api.background.heartbeat import BULK, beat
from oa_api.background.loop import repeat
from oa_api.operators.bulk import step
from oa_api.store.database import Database

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
            await beat(database, BULK)
            beaten = time.monotonic()
        if jobs:
            log.info("bulk_step_done", jobs=jobs)
        return jobs is not None

    await repeat(BULK, work, stop, every_s=every_s)
