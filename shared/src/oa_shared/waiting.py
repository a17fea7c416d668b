"""Waiting that ends when a process stops, and pauses that grow.

`asyncio.wait_for` of Python 3.11 returns a result instead of raising when it is canceled at the moment at which its
future completes, so a canceled task continues. `asyncio.timeout` has no such gap; the linter forbids `wait_for`.
"""

import asyncio
import random
from collections.abc import Iterator
from contextlib import suppress

_FACTOR = 2
_JITTER = 0.2


async def sleep_unless(stop: asyncio.Event, seconds: float) -> None:
    """Sleep, but not longer than until `stop` is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


def growing_pauses(first_s: float, longest_s: float) -> Iterator[float]:
    """Yield pauses without end, each twice as long as the one before, with jitter so that processes spread."""
    pause_s = first_s
    while True:
        yield min(pause_s, longest_s) * random.uniform(1 - _JITTER, 1)  # noqa: S311 - not cryptography
        pause_s = min(pause_s * _FACTOR, longest_s)
