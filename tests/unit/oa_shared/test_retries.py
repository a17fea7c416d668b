"""How often each class of failures is tried again."""

import pytest

from oa_shared.failures import FAILURES, FailureClass, exit_status
from oa_shared.retries import plan_retry
from oa_shared.scheduling import Tier

EXIT_RANGES = {
    FailureClass.SOURCE: range(10, 20),
    FailureClass.UPSTREAM: range(20, 30),
    FailureClass.RESOURCE: range(20, 30),
    FailureClass.INFRA: range(20, 30),
    FailureClass.OPERATOR: range(20, 30),
    FailureClass.BUG: range(30, 31),
}


def attempts(code: str) -> int:
    earlier: list[str] = []
    while plan_retry(code, earlier, Tier.SMALL) is not None:
        earlier.append(code)
    return len(earlier) + 1


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("source.format", 1),
        ("upstream.timeout", 3),
        ("resource.disk_full", 2),
        ("infra.host_lost", 6),
        ("bug.crash", 2),
        ("operator.cancelled", 1),
        ("infra.refused", 1),
    ],
)
def test_plan_retry_same_failure_again_ends_after_its_share(code: str, expected: int) -> None:
    assert attempts(code) == expected


def test_plan_retry_out_of_memory_goes_to_next_tier() -> None:
    retry = plan_retry("resource.out_of_memory", [], Tier.STANDARD)
    assert retry is not None
    assert retry.tier is Tier.LARGE


def test_plan_retry_out_of_memory_on_largest_tier_ends() -> None:
    assert plan_retry("resource.out_of_memory", [], Tier.HUGE) is None


def test_plan_retry_host_losses_do_not_use_up_upstream_tries() -> None:
    assert plan_retry("upstream.timeout", ["infra.host_lost"] * 4, Tier.STANDARD) is not None


@pytest.mark.parametrize("code", FAILURES)
def test_exit_status_every_code_carries_its_class(code: str) -> None:
    assert exit_status(code) in EXIT_RANGES[FAILURES[code].failure_class]
