"""How a host's troubles slow us down, and how we come back."""

import asyncio
import time

import pytest

from oa_task.download.esri.throttle import Throttle
from oa_task.download.limits import DownloadLimits

LIMITS = DownloadLimits(in_flight=4, gap_s=0, backoff_s=0.05, longest_pause_s=0.4)


def test_pace_failures_halve_what_is_in_flight_and_good_answers_bring_it_back() -> None:
    pace = Throttle(LIMITS)
    assert pace.allowed == 4
    pace.went_badly(None)
    pace.went_badly(None)
    assert (pace.allowed, pace.failures) == (1, 2)
    for _ in range(20):
        pace.went_well(0.1)
    assert (pace.allowed, pace.failures) == (4, 0)


def test_pace_host_that_slows_is_asked_for_less_at_once() -> None:
    pace = Throttle(LIMITS)
    for _ in range(10):
        pace.went_well(0.5)
    assert pace.allowed == 4
    for _ in range(20):
        pace.went_well(6.0)
    assert pace.allowed < 4


@pytest.mark.parametrize(("asked_s", "least_s"), [(0.2, 0.2), (3600.0, 0.4), (None, 0.05)])
async def test_pace_waits_as_long_as_the_host_asks_within_reason(asked_s: float | None, least_s: float) -> None:
    pace = Throttle(LIMITS)
    pace.went_badly(asked_s)
    started = time.monotonic()
    async with pace.slot():
        waited_s = time.monotonic() - started
    assert waited_s >= least_s * 0.9


async def test_pace_never_has_more_in_flight_than_allowed() -> None:
    pace = Throttle(LIMITS)
    pace.went_badly(0)
    in_flight = most = 0

    async def ask() -> None:
        nonlocal in_flight, most
        async with pace.slot():
            in_flight += 1
            most = max(most, in_flight)
            await asyncio.sleep(0.001)
            in_flight -= 1

    await asyncio.gather(*(ask() for _ in range(20)))
    assert most == 2
