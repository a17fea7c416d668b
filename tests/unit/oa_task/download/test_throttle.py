"""Slowdown after the failures of a host, and recovery."""

import asyncio
import time

import pytest

from oa_task.download.esri.throttle import Throttle
from oa_task.download.limits import DownloadLimits

LIMITS = DownloadLimits(in_flight=4, gap_s=0, backoff_s=0.05, longest_pause_s=0.4)


def test_throttle_failures_halve_the_queries_and_successes_restore_them() -> None:
    throttle = Throttle(LIMITS)
    assert throttle.allowed == 4
    throttle.record_failure(None)
    throttle.record_failure(None)
    assert throttle.allowed == 1
    assert throttle.failures == 2
    for _ in range(20):
        throttle.record_success(0.1)
    assert throttle.allowed == 4
    assert throttle.failures == 0


def test_throttle_slow_host_gets_fewer_concurrent_queries() -> None:
    throttle = Throttle(LIMITS)
    for _ in range(10):
        throttle.record_success(0.5)
    assert throttle.allowed == 4
    for _ in range(20):
        throttle.record_success(6.0)
    assert throttle.allowed < 4


@pytest.mark.parametrize(("requested_s", "least_s"), [(0.2, 0.2), (3600.0, 0.4), (None, 0.05)])
async def test_throttle_pause_is_as_requested_up_to_the_limit(requested_s: float | None, least_s: float) -> None:
    throttle = Throttle(LIMITS)
    throttle.record_failure(requested_s)
    started = time.monotonic()
    async with throttle.slot():
        waited_s = time.monotonic() - started
    assert waited_s >= least_s * 0.9


async def test_throttle_never_exceeds_the_allowed_queries() -> None:
    throttle = Throttle(LIMITS)
    throttle.record_failure(0)
    in_flight = most = 0

    async def query() -> None:
        nonlocal in_flight, most
        async with throttle.slot():
            in_flight += 1
            most = max(most, in_flight)
            await asyncio.sleep(0.001)
            in_flight -= 1

    await asyncio.gather(*(query() for _ in range(20)))
    assert most == 2
