import hashlib
import json

import pytest

from oa_shared.job_kinds import JobKind
from oa_shared.plan_reading import read_plan
from oa_shared.product_plans import PlanError, ProductInput, ProductPlan
from oa_shared.products import EXPORT_FORMATS, FORMAT_NAMES, ProductFormat

INPUT = ProductInput(
    source_name="us/x",
    layer="addresses",
    name="city",
    job=1,
    key="job/1/attempt-1/source.parquet",
    sha256="0" * 64,
    size_bytes=10,
    count=3,
    license={"text": "CC0"},
)
PLAN = ProductPlan(
    kind=JobKind.EXPORT,
    title="x",
    formats=(ProductFormat.CSV,),
    inputs=(INPUT, INPUT),
    bbox=(1.0, 2.0, 3.0, 4.0),
    layer="addresses",
)


def test_plan_text_parsed_is_the_same_plan() -> None:
    assert read_plan(PLAN.text.encode()) == PLAN


def test_plan_text_is_json_with_its_digest() -> None:
    assert json.loads(PLAN.text)["inputs"][0]["license"] == {"text": "CC0"}
    assert PLAN.sha256 == hashlib.sha256(PLAN.text.encode()).hexdigest()


def test_plan_has_the_totals_of_its_inputs() -> None:
    assert PLAN.size_bytes == 20
    assert PLAN.feature_count == 6


def test_read_plan_invalid_has_a_pointer() -> None:
    body = json.dumps({**json.loads(PLAN.text), "kind": "source"}).encode()
    with pytest.raises(PlanError, match="/kind: "):
        read_plan(body)


def test_export_formats_have_no_tiles() -> None:
    assert EXPORT_FORMATS == ("csv", "shapefile", "gpkg", "flatgeobuf", "geojson", "parquet")


def test_every_format_has_a_name_of_its_own() -> None:
    assert FORMAT_NAMES.keys() == set(ProductFormat)
    assert len(set(FORMAT_NAMES.values())) == len(FORMAT_NAMES)
