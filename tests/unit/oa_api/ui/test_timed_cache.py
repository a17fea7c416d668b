"""Cached values that are the same for all users."""

import asyncio

import pytest

from oa_api.ui.timed_cache import TimedCache
from support.jumping_clock import jumping_clock


async def test_slow_computation_is_not_repeated_for_those_who_wait_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[int] = []

    async def compute() -> int:
        await asyncio.sleep(10)
        computed.append(len(computed))
        return computed[-1]

    with jumping_clock(monkeypatch):
        cache = TimedCache(compute, max_age_s=1)
        assert set(await asyncio.gather(*(cache.get() for _ in range(20)))) == {0}
        assert await cache.get() == 0
        await asyncio.sleep(2)
        assert await cache.get() == 1
