"""The names of runs by what they are for."""

import pytest

from oa_api.jobs.run_names import name_of_jobs, name_of_products, name_of_pull_request
from oa_shared.job_kinds import JobKind
from oa_shared.products import ProductPlan


@pytest.mark.parametrize(
    ("sources", "name"),
    [
        ([], ""),
        (["us/ca/berkeley"], "us/ca/berkeley"),
        (["us/ca/berkeley", "us/ca/berkeley"], "us/ca/berkeley"),
        (["us/ca/b", "us/ca/a", "us/ca/b"], "us/ca/b and 1 more"),
        ([f"us/{number}" for number in range(2_001)], "us/0 and 2,000 more"),
    ],
)
def test_run_of_jobs_is_named_after_its_sources(sources: list[str], name: str) -> None:
    assert name_of_jobs(sources) == name


def test_name_of_a_long_source_is_cut() -> None:
    name = name_of_jobs(["x" * 1000, "y"])
    assert len(name) == 200
    assert name.endswith(" and 1 more")


@pytest.mark.parametrize(
    ("pull", "live", "is_sample", "name"),
    [
        (123, False, True, "Pull request #123 (samples)"),
        (123, False, False, "Pull request #123"),
        (123, True, False, "Merge of pull request #123"),
        (None, True, False, "Commit 0a1b2c3"),
    ],
)
def test_run_of_a_commit_is_named_after_its_pull_request(
    pull: int | None, live: bool, is_sample: bool, name: str
) -> None:
    origin = {"repository": "a/b", "pull": pull, "sha": "0a1b2c3d4e"}
    assert name_of_pull_request(origin, live=live, is_sample=is_sample) == name


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (JobKind.EXPORT, "Export of us/ca addresses"),
        (JobKind.COLLECTION, "Collection us/ca addresses"),
        (JobKind.FABRIC, "Fabric"),
        (JobKind.BACKFILL, "Backfill"),
    ],
)
def test_run_of_products_is_named_after_them(kind: JobKind, name: str) -> None:
    plan = ProductPlan(kind=kind, title="us/ca addresses", formats=(), inputs=(), layer="addresses")
    assert name_of_products([plan, plan]) == name
