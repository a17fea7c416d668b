"""Retrying a call that fails for a reason that passes."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

_Result = TypeVar("_Result")
_Error = TypeVar("_Error", bound=Exception)


async def retrying(
    call: Callable[[], Awaitable[_Result]],
    delays_s: Iterable[float],
    *,
    on: type[_Error] | tuple[type[_Error], ...],
    before_retry: Callable[[_Error, int], float | None] | None = None,
) -> _Result:
    """Return the result of `call`, repeated after each delay while it raises `on`; the last error is raised.

    There is one attempt more than there are delays. `before_retry` receives the error and the number of the failed
    attempt, from 1: it may log, raise to end the retries, or return another delay in seconds.
    """
    for attempt, delay_s in enumerate(delays_s, start=1):
        try:
            return await call()
        except on as error:
            other_delay_s = before_retry(error, attempt) if before_retry is not None else None
        await asyncio.sleep(delay_s if other_delay_s is None else other_delay_s)
    return await call()
