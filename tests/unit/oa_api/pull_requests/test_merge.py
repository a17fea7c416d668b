"""Which runs of pull requests become live, and what is run anew."""

from typing import Any

import pytest

from oa_api.jobs.planning import PlannedJob
from oa_api.pull_requests.merge import plan
from support.planned_jobs import planned_job


def wanted(name: str, sha256: str = "s") -> PlannedJob:
    return planned_job(name, sha256=sha256)


def tried(run: int, job: int, name: str, *, status: str = "Success", sha256: str = "s") -> dict[str, Any]:
    about = {"source_name": "xx/a", "layer": "addresses", "name": name, "sha256": sha256}
    return {"run": run, "job": job, "status": status, **about}


A, B = ("xx/a", "addresses", "a", "s"), ("xx/a", "addresses", "b", "s")


@pytest.mark.parametrize(
    ("rows", "published", "runs", "anew"),
    [
        ([], {}, [], ["a", "b"]),
        ([tried(1, 1, "a"), tried(1, 2, "b")], {}, [1], []),
        ([tried(1, 1, "a"), tried(1, 2, "b", status="Running")], {}, [1], []),
        ([tried(1, 1, "a"), tried(1, 2, "b", status="Warn")], {}, [1], []),
        ([tried(1, 1, "a"), tried(1, 2, "b", status="Fail")], {}, [1], ["b"]),
        ([tried(1, 1, "a", status="Fail"), tried(1, 2, "b", status="Cancelled")], {}, [], ["a", "b"]),
        ([tried(1, 1, "a"), tried(1, 2, "b", sha256="t")], {}, [], ["a", "b"]),
        ([tried(1, 1, "a"), tried(1, 2, "b", sha256="t", status="Fail")], {}, [1], ["b"]),
        ([tried(1, 1, "a"), tried(1, 2, "elsewhere")], {}, [], ["a", "b"]),
        ([tried(1, 1, "a"), tried(1, 2, "b")], {A: 9}, [], ["a", "b"]),
        ([tried(1, 10, "a"), tried(1, 11, "b")], {A: 9, B: 3}, [1], []),
        ([tried(2, 3, "a"), tried(1, 1, "a"), tried(1, 2, "b")], {}, [2], ["b"]),
        ([tried(2, 3, "a"), tried(1, 2, "b")], {}, [2, 1], []),
    ],
)
def test_plan_makes_live_what_fits_whole_and_runs_the_rest_anew(
    rows: list[dict[str, Any]], published: dict[Any, int], runs: list[int], anew: list[str]
) -> None:
    landing = plan([wanted("a"), wanted("b")], published, rows)
    assert landing.runs == runs
    assert [job.name for job in landing.anew] == anew
