"""The table of failures: retries, exit statuses and whether a rerun helps."""

import re

import pytest

from oa_shared.failures import FAILURES, Failure, FailureClass, exit_status
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
        ("operator.canceled", 1),
        ("infra.refused", 1),
        ("infra.undeliverable", 1),
    ],
)
def test_plan_retry_of_the_same_failure_ends_after_its_retries(code: str, expected: int) -> None:
    assert attempts(code) == expected


def test_plan_retry_out_of_memory_goes_to_next_tier() -> None:
    retry = plan_retry("resource.out_of_memory", [], Tier.STANDARD)
    assert retry is not None
    assert retry.tier is Tier.LARGE


def test_plan_retry_out_of_memory_on_largest_tier_ends() -> None:
    assert plan_retry("resource.out_of_memory", [], Tier.HUGE) is None


def test_plan_retry_counts_each_class_separately() -> None:
    assert plan_retry("upstream.timeout", ["infra.host_lost"] * 4, Tier.STANDARD) is not None


@pytest.mark.parametrize("code", FAILURES)
def test_exit_status_is_in_the_range_of_its_class(code: str) -> None:
    assert exit_status(code) in EXIT_RANGES[FAILURES[code].failure_class]


@pytest.mark.parametrize("failure", FAILURES.values(), ids=lambda failure: failure.code)
def test_every_failure_has_a_title_and_a_hint_as_sentences(failure: Failure) -> None:
    assert failure.title.endswith(".")
    assert failure.hint.endswith(".")


@pytest.mark.parametrize("failure", FAILURES.values(), ids=lambda failure: failure.code)
def test_rerun_helps_wherever_a_retry_is_automatic_except_after_a_bug(failure: Failure) -> None:
    if failure.retry.delays_s:
        assert failure.rerun_helps == (failure.failure_class is not FailureClass.BUG)


@pytest.mark.parametrize("failure", FAILURES.values(), ids=lambda failure: failure.code)
def test_hint_speaks_of_retries_only_to_jobs_that_had_some(failure: Failure) -> None:
    """A hint is shown after the end of a job, or of a command, which retries nothing."""
    assert "etries" not in failure.hint_of_command
    assert ("etries" in failure.hint) <= bool(failure.retry.delays_s)
    for hint in (failure.hint, failure.hint_of_command):
        assert hint.endswith(".")
        assert not re.search(r"is (?:tried|retried|started|sent) again|will be", hint)
    assert "rerun" not in failure.hint_of_command.lower() or not failure.retry.delays_s
