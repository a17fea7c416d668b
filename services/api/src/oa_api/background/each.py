"""Handling items one by one, so that one that fails does not hold up the others."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

import structlog

from oa_shared.errors import OaError
from oa_shared.metrics import WORKER_FAILURES
from oa_shared.supervision import record_progress

log = structlog.get_logger()
_Item = TypeVar("_Item")


async def handle_each(worker: str, items: Iterable[_Item], handle: Callable[[_Item], Awaitable[None]]) -> None:
    """Handle every item; a bug in one is logged and counted. Raises the outage of a dependency at once."""
    for item in items:
        try:
            await handle(item)
        except Exception as error:
            if isinstance(error, OaError) and error.retryable:
                raise
            WORKER_FAILURES.labels(worker).inc()
            log.exception("item_failed", item=repr(item)[:200])
        record_progress()


async def run_each(steps: Sequence[Callable[[], Awaitable[None]]]) -> None:
    """Run every step, though one fails, then raise the first error; a bug before the outage of a dependency."""
    errors: list[Exception] = []
    for step in steps:
        try:
            await step()
        except Exception as error:  # noqa: BLE001 - it is raised below
            errors.append(error)
    errors.sort(key=lambda error: isinstance(error, OaError) and error.retryable)
    if errors:
        raise errors[0]
