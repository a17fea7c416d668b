"""Which runs of pull requests become live, and which entries get new jobs."""

import pytest

from oa_api.jobs.planning import PlannedJob
from oa_api.pull_requests.merge import EntryKey, plan_merge
from oa_api.pull_requests.rows import TrialJob
from support.planned_jobs import planned_job


def missing(name: str, sha256: str = "s") -> PlannedJob:
    return planned_job(name, sha256=sha256)


def trial(run: int, job: int, name: str, *, status: str = "Success", sha256: str = "s") -> TrialJob:
    return TrialJob(run=run, job=job, source_name="xx/a", layer="addresses", name=name, sha256=sha256, status=status)


A, B = ("xx/a", "addresses", "a", "s"), ("xx/a", "addresses", "b", "s")


@pytest.mark.parametrize(
    ("jobs", "published", "runs", "new_jobs"),
    [
        ([], {}, [], ["a", "b"]),
        ([trial(1, 1, "a"), trial(1, 2, "b")], {}, [1], []),
        ([trial(1, 1, "a"), trial(1, 2, "b", status="Running")], {}, [1], []),
        ([trial(1, 1, "a"), trial(1, 2, "b", status="Warn")], {}, [1], []),
        ([trial(1, 1, "a"), trial(1, 2, "b", status="Fail")], {}, [1], ["b"]),
        ([trial(1, 1, "a", status="Fail"), trial(1, 2, "b", status="Canceled")], {}, [], ["a", "b"]),
        ([trial(1, 1, "a"), trial(1, 2, "b", sha256="t")], {}, [], ["a", "b"]),
        ([trial(1, 1, "a"), trial(1, 2, "b", sha256="t", status="Fail")], {}, [1], ["b"]),
        ([trial(1, 1, "a"), trial(1, 2, "elsewhere")], {}, [], ["a", "b"]),
        ([trial(1, 1, "a"), trial(1, 2, "b")], {A: 9}, [], ["a", "b"]),
        ([trial(1, 10, "a"), trial(1, 11, "b")], {A: 9, B: 3}, [1], []),
        ([trial(2, 3, "a"), trial(1, 1, "a"), trial(1, 2, "b")], {}, [2], ["b"]),
        ([trial(2, 3, "a"), trial(1, 2, "b")], {}, [2, 1], []),
    ],
)
def test_plan_merge_makes_complete_runs_live_and_creates_jobs_for_the_rest(
    jobs: list[TrialJob], published: dict[EntryKey, int], runs: list[int], new_jobs: list[str]
) -> None:
    merge_plan = plan_merge([missing("a"), missing("b")], published, jobs)
    assert merge_plan.runs == runs
    assert [job.name for job in merge_plan.new_jobs] == new_jobs
