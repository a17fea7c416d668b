"""The shape of a duty: work, rest, and carry on when a neighbour is away."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from oa_shared.errors import OaError

log = structlog.get_logger()


async def run_loop(name: str, work: Callable[[], Awaitable[bool]], stop: asyncio.Event, *, every_s: float) -> None:
    """Call `work` until `stop` is set; when it returns False there is nothing to do and it rests `every_s` seconds.

    Errors that are somebody else's outage are logged and waited out; anything else ends the duty, and with it the
    process, which is then started again.
    """
    while not stop.is_set():
        busy = False
        try:
            busy = await work()
        except OaError as error:
            if not error.retryable:
                raise
            log.warning("worker_waiting", worker=name, error=error.detail)
        if not busy:
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), every_s)
