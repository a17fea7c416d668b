"""What containers the jobs of a lane may have."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_shared.scheduling import Lane, Tier, share_of


@pytest.mark.parametrize("tier", list(Tier))
@pytest.mark.parametrize("lane", list(Lane))
def test_lane_of_pull_requests_has_no_large_containers(lane: Lane, tier: Tier) -> None:
    is_too_large = lane is Lane.PULL_REQUEST and tier in {Tier.LARGE, Tier.HUGE}
    assert lane.allows(tier) != is_too_large
    assert lane.limit(tier) is (Tier.STANDARD if is_too_large else tier)


@given(st.text())
def test_share_of_any_owner_is_one_that_batch_takes(owner: str) -> None:
    assert re.fullmatch("[A-Za-z0-9]{1,255}", share_of(owner))
    assert share_of(owner) == share_of(owner)


def test_shares_stay_below_the_limit_of_a_queue_and_spread() -> None:
    shares = {share_of(f"user-{number}") for number in range(20_000)}
    assert len(shares) < 500
    assert len({share_of(f"user-{number}") for number in range(20)}) >= 18
