"""The names of runs by what they are for."""

import pytest

from oa_api.jobs.run_names import name_of_jobs, name_of_products, name_of_pull_request
from oa_shared.job_kinds import JobKind
from oa_shared.product_plans import ProductPlan


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


def test_run_of_a_commit_is_named_after_its_pull_request() -> None:
    origin = {"repository": "a/b", "pull": 123, "sha": "0a1b2c3d4e"}
    assert name_of_pull_request(origin, live=False, is_sample=True) == "Pull request #123 (samples)"
    assert name_of_pull_request(origin, live=False, is_sample=False) == "Pull request #123"
    assert name_of_pull_request(origin, live=True, is_sample=False) == "Merge of pull request #123"
    assert name_of_pull_request({**origin, "pull": None}, live=True, is_sample=False) == "Commit 0a1b2c3"


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
