"""The loop of a background worker: work, rest, and wait while a dependency is down."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from oa_shared.errors import OaError
from oa_shared.supervision import next_round, record_progress
from oa_shared.waiting import sleep_unless

log = structlog.get_logger()


async def run_loop(name: str, work: Callable[[], Awaitable[bool]], stop: asyncio.Event, *, every_s: float) -> None:
    """Call `work` until `stop` is set; when it returns False, nothing is due and the worker rests `every_s` seconds.

    Retryable errors, the outages of a dependency, are logged and waited out. Any other error ends this loop, and the
    supervisor starts the worker again.
    """
    while not stop.is_set():
        await next_round()
        is_busy = False
        try:
            is_busy = await work()
        except OaError as error:
            if not error.retryable:
                raise
            log.warning("worker_waiting", worker=name, error=error.detail)
        record_progress()
        if not is_busy:
            await sleep_unless(stop, every_s)
