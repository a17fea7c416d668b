"""Handling items one by one, so that one that fails does not hold up the others."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import structlog

from oa_shared.errors import OaError
from oa_shared.supervision import record_progress

log = structlog.get_logger()
_Item = TypeVar("_Item")


async def handle_each(
    items: Iterable[_Item], handle: Callable[[_Item], Awaitable[None]], *, continues_in_outage: bool = False
) -> None:
    """Handle every item, then raise the first error.

    The outage of a dependency is raised at once, unless the items have different dependencies.
    """
    first: Exception | None = None
    for item in items:
        try:
            await handle(item)
            record_progress()
        except Exception as error:
            is_outage = isinstance(error, OaError) and error.retryable
            if is_outage and not continues_in_outage:
                raise
            if not is_outage:
                log.exception("item_failed", item=repr(item)[:200])
            # An outage is waited out; a bug must be seen as one.
            first = error if first is None or not is_outage else first
    if first is not None:
        raise first
