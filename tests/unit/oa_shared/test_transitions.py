"""Which status reports a job accepts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_shared.status import JobStatus
from oa_shared.transitions import Accept, Ignore, IgnoredBecause, JobState, StatusReport, decide

TOKENS = ("a" * 32, "b" * 32)
statuses = st.sampled_from(JobStatus)
reports = st.builds(StatusReport, status=statuses, attempt=st.integers(1, 3), token=st.sampled_from(TOKENS))


def state(status: JobStatus, error_code: str | None = None) -> JobState:
    return JobState(status=status, attempt=2, token=TOKENS[0], error_code=error_code)


def report(status: JobStatus, *, attempt: int = 2, token: str = TOKENS[0]) -> StatusReport:
    return StatusReport(status=status, attempt=attempt, token=token)


@given(st.lists(reports))
def test_decide_never_lowers_the_rank(history: list[StatusReport]) -> None:
    current = state(JobStatus.PENDING)
    for item in history:
        outcome = decide(current, item)
        if isinstance(outcome, Accept):
            assert outcome.status.rank > current.status.rank
            assert item.attempt == current.attempt
            assert item.token == current.token
            current = state(outcome.status)


@given(statuses, reports)
def test_decide_ignores_a_repeated_report(start: JobStatus, item: StatusReport) -> None:
    first = decide(state(start), item)
    after = state(first.status) if isinstance(first, Accept) else state(start)
    assert isinstance(decide(after, item), Ignore)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (report(JobStatus.SUCCESS, attempt=1), IgnoredBecause.OTHER_ATTEMPT),
        (report(JobStatus.SUCCESS, token=TOKENS[1]), IgnoredBecause.OTHER_TOKEN),
        (report(JobStatus.RUNNING), IgnoredBecause.ALREADY_THERE),
        (report(JobStatus.PENDING), IgnoredBecause.ALREADY_THERE),
    ],
)
def test_decide_ignores_a_stale_report_with_its_reason(item: StatusReport, reason: IgnoredBecause) -> None:
    assert decide(state(JobStatus.RUNNING), item) == Ignore(reason)


def test_decide_success_after_lost_is_accepted() -> None:
    lost = state(JobStatus.FAIL, "infra.lost")
    assert decide(lost, report(JobStatus.SUCCESS)) == Accept(JobStatus.SUCCESS)


@pytest.mark.parametrize("code", ["source.format", "bug.crash", None])
def test_decide_success_after_real_failure_is_ignored(code: str | None) -> None:
    outcome = decide(state(JobStatus.FAIL, code), report(JobStatus.SUCCESS))
    assert outcome == Ignore(IgnoredBecause.ALREADY_ENDED)
