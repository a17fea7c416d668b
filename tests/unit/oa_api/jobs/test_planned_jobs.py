"""Every builder of planned jobs sets the host of the data, on which pauses of a host depend."""

import ast
import json
import re
from collections.abc import Callable
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

import oa_api
from oa_api.jobs import examination
from oa_api.jobs.planning import (
    DefinitionText,
    Element,
    EntrySelection,
    PlannedJob,
    plan_text,
    reduce_jobs,
    restore_jobs,
)
from oa_api.jobs.request_schemas import SOURCE_NAME
from oa_api.products.builds import Product
from oa_api.pull_requests import runs
from oa_api.pull_requests.changed_sources import SourceChange
from oa_api.pull_requests.definition_review import review
from oa_api.pull_requests.rows import DueEntry
from oa_shared.job_kinds import JobKind
from oa_shared.product_plans import ProductPlan
from oa_shared.products import FABRIC_FORMATS

HOST = "gis.example.org"
CONFORM = {"format": "csv", "number": "NO", "street": "ST", "lat": "Y", "lon": "X"}
ENTRY = {"name": "city", "data": f"https://{HOST}/a.csv", "protocol": "http", "conform": CONFORM}
TEXT = json.dumps({"schema": 2, "coverage": {"country": "xx"}, "layers": {"addresses": [ENTRY]}})
_SOURCES = Path(oa_api.__file__).parent


def _of_request() -> PlannedJob:
    definition = DefinitionText.of(TEXT, source_name="xx/a", url=None)
    (job,) = plan_text(definition, Element(0, "xx/a"), EntrySelection()).jobs
    return job


def _of_reply() -> PlannedJob:
    definition = DefinitionText.of(TEXT, source_name="xx/a", url=None)
    (job,) = restore_jobs(definition, reduce_jobs([_of_request()]))
    assert job == _of_request()
    return job


def _of_pull_request() -> PlannedJob:
    change = SourceChange(path="sources/xx/a.json", source_name="xx/a", before=None, after=TEXT)
    (job,) = review(change, url="https://github.com/a").jobs
    return job


def _of_sample() -> PlannedJob:
    return runs._plan(
        DueEntry(
            job=1,
            rank=9,
            source_name="xx/a",
            source_url=None,
            source_sha256="0",
            layer="addresses",
            name="city",
            tier="small",
            host=HOST,
            definition=TEXT,
        )
    )


@pytest.mark.parametrize("build", [_of_request, _of_reply, _of_pull_request, _of_sample])
def test_planned_job_of_a_source_has_its_host(build: Callable[[], PlannedJob]) -> None:
    assert build().host == HOST


def test_planned_job_of_a_product_has_no_host() -> None:
    plan = ProductPlan(kind=JobKind.FABRIC, title="t", formats=FABRIC_FORMATS, inputs=())
    assert Product("addresses", plan).job().host is None


def test_planned_job_has_no_defaults() -> None:
    assert [field.name for field in fields(PlannedJob) if field.default is not MISSING] == []


def test_planned_jobs_are_built_only_by_the_tested_functions() -> None:
    builders = {
        path.relative_to(_SOURCES).as_posix()
        for path in _SOURCES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("PlannedJob", "plan_entry")
    }
    assert builders == {
        "jobs/planning.py",
        "products/builds.py",
        "pull_requests/definition_review.py",
        "pull_requests/runs.py",
    }


@pytest.mark.parametrize(("length", "has_host"), [(253, True), (254, False), (3500, False)])
def test_planned_job_has_no_host_that_no_index_holds(length: int, *, has_host: bool) -> None:
    host = ("a" * 60 + ".") * (length // 61) + "b" * (length % 61)
    text = TEXT.replace(HOST, host)
    definition = DefinitionText.of(text, source_name="xx/a", url=None)
    (job,) = plan_text(definition, Element(0, "xx/a"), EntrySelection()).jobs
    assert job.host == (host if has_host else None)


@pytest.mark.parametrize(
    ("name", "is_name"),
    [("xx/" + "é" * 197, True), ("xx/" + "é" * 198, False), ("a" * 3000, False), ("xx/\uffff", False)],
)
def test_source_name_is_one_that_indexes_hold(name: str, *, is_name: bool) -> None:
    assert bool(re.match(SOURCE_NAME, name)) == is_name
    url_name = examination._name_in_url(f"https://x.org/sources/{name}.json")
    assert url_name == (name if is_name else None)
