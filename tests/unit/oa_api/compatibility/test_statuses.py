"""Every status has a name in version 1, and nothing is lost in counts."""

import pytest

from oa_api.compatibility.statuses import STATUSES_V1, own_statuses, run_status_v1, status_counts_v1, status_v1
from oa_shared.status import JobStatus


def test_each_status_has_a_name_and_comes_back() -> None:
    for status in JobStatus:
        assert status_v1(status) in STATUSES_V1
        assert status in own_statuses([status_v1(status)])
    assert sorted(own_statuses(STATUSES_V1)) == sorted(JobStatus)


def test_counts_have_every_job_once() -> None:
    counts = {str(status): number for number, status in enumerate(JobStatus, start=1)}
    assert sum(status_counts_v1(counts).values()) == sum(counts.values())
    assert status_counts_v1({}) == {"Warn": 0, "Success": 0, "Pending": 0, "Fail": 0}


@pytest.mark.parametrize(
    ("counts", "status"),
    [({}, "Success"), ({"Success": 1, "Submitted": 1}, "Pending"), ({"Canceled": 1, "Running": 1}, "Fail")],
)
def test_run_has_the_worst_status(counts: dict[str, int], status: str) -> None:
    assert run_status_v1(counts) == status
