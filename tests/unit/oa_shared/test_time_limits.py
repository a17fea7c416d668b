"""Limits of waits travel with the caller and reach every call of AWS."""

import asyncio
import time
from typing import Any

import pytest

from oa_shared.aws.session import limit_calls
from oa_shared.time_limits import limit_waits, remaining_timeout_s, remaining_wait_s


def test_caller_without_a_limit_has_the_default() -> None:
    assert remaining_wait_s(7) == 7
    assert remaining_timeout_s() is None


def test_limit_ends_with_its_block_and_the_total_counts_down() -> None:
    with limit_waits(5):
        assert remaining_wait_s() == 5
        with limit_waits(5, total_s=0.05):
            assert 0 < remaining_wait_s() <= 0.05
            time.sleep(0.06)
            assert remaining_wait_s() == 0
        assert remaining_timeout_s() == 5
    assert remaining_timeout_s() is None


async def test_task_of_a_caller_has_its_limit() -> None:
    async def ask() -> float:
        return remaining_wait_s()

    with limit_waits(3):
        task = asyncio.create_task(ask())
    assert await task == 3


class _FrozenClient:
    async def _make_api_call(self, _operation: str, _parameters: Any) -> None:
        await asyncio.Event().wait()


async def test_call_of_aws_keeps_to_the_limit_of_its_caller() -> None:
    client = limit_calls(_FrozenClient())
    started = time.monotonic()
    with pytest.raises(TimeoutError), limit_waits(0.05):
        await client._make_api_call("GetObject", {})
    assert time.monotonic() - started < 30  # the call would never end
