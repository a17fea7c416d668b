"""The loop of a background worker: work, rest, and wait while a dependency is down."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from oa_shared.errors import OaError

log = structlog.get_logger()


async def run_loop(name: str, work: Callable[[], Awaitable[bool]], stop: asyncio.Event, *, every_s: float) -> None:
    """Call `work` until `stop` is set; when it returns False, nothing is due and the worker rests `every_s` seconds.

    Retryable errors, the outages of a dependency, are logged and waited out. Any other error ends the worker and its
    process, which the service manager starts again.
    """
    while not stop.is_set():
        is_busy = False
        try:
            is_busy = await work()
        except OaError as error:
            if not error.retryable:
                raise
            log.warning("worker_waiting", worker=name, error=error.detail)
        if not is_busy:
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), every_s)
