"""The rate of SubmitJob calls."""

import time

from oa_dispatcher.token_bucket import TokenBucket


async def test_take_beyond_the_burst_waits_its_turn() -> None:
    bucket = TokenBucket(20)
    for _ in range(20):
        await bucket.take()
    started = time.monotonic()
    for _ in range(4):
        await bucket.take()
    assert time.monotonic() - started > 0.15


async def test_slow_down_makes_the_next_call_wait() -> None:
    bucket = TokenBucket(20)
    bucket.slow_down()
    started = time.monotonic()
    await bucket.take()
    assert time.monotonic() - started > 0.05
