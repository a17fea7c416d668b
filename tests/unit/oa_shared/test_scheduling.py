"""What containers the jobs of a lane may have."""

import pytest

from oa_shared.scheduling import Lane, Tier


@pytest.mark.parametrize("tier", list(Tier))
@pytest.mark.parametrize("lane", list(Lane))
def test_lane_of_pull_requests_has_no_large_containers(lane: Lane, tier: Tier) -> None:
    is_too_large = lane is Lane.PULL_REQUEST and tier in {Tier.LARGE, Tier.HUGE}
    assert lane.allows(tier) != is_too_large
    assert lane.limit(tier) is (Tier.STANDARD if is_too_large else tier)
