"""Plans are untrusted text."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_task.products.plan import parse_plan
from oa_task.runtime.failure import TaskFailure

DATASET: dict[str, Any] = {
    "source_name": "us/x",
    "layer": "addresses",
    "name": "city",
    "job": 1,
    "key": "job/1/attempt-1/source.parquet",
    "geojson_key": "job/1/attempt-1/source.geojson.gz",
    "sha256": "0" * 64,
    "size_bytes": 1,
    "count": 1,
    "license": None,
    "attribution": None,
}
PLAN: dict[str, Any] = {"v": 1, "kind": "export", "title": "x", "formats": ["csv"], "inputs": [DATASET]}


def code_and_message(body: bytes) -> tuple[str, str]:
    with pytest.raises(TaskFailure) as caught:
        parse_plan(body)
    return caught.value.code, caught.value.message


def test_parse_plan_valid_ignores_unknown_fields() -> None:
    plan = parse_plan(json.dumps({**PLAN, "bbox": [1, 2, 3, 4], "new": 1, "formats": ["csv", "csv"]}).encode())
    assert plan.bbox == (1.0, 2.0, 3.0, 4.0)
    assert plan.formats == ("csv",)
    assert plan.layer == "addresses"
    assert plan.inputs[0].label == "us/x/addresses/city"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"v": 2}, "/v: "),
        ({"kind": "x"}, "/kind: "),
        ({"formats": []}, "/formats: "),
        ({"formats": ["exe"]}, "/formats/0: "),
        ({"kind": "collection", "formats": ["csv"]}, "/formats: "),
        ({"bbox": [1, 2, 3]}, "/bbox: "),
        ({"bbox": [1, 2, 3, 1]}, "/bbox: "),
        ({"bbox": [1, 2, 300, 4]}, "/bbox: "),
        ({"inputs": []}, "/inputs: "),
        ({"inputs": [{**DATASET, "key": "../secret"}]}, "/inputs/0/key: "),
        ({"inputs": [{**DATASET, "key": "/etc/passwd"}]}, "/inputs/0/key: "),
        ({"inputs": [{**DATASET, "geojson_key": "a\\b"}]}, "/inputs/0/geojson_key: "),
        ({"inputs": [{**DATASET, "sha256": "x"}]}, "/inputs/0/sha256: "),
        ({"inputs": [{**DATASET, "license": 3}]}, "/inputs/0/license: "),
        ({"inputs": [{**DATASET, "count": -1}]}, "/inputs/0/count: "),
        ({"inputs": [{**DATASET, "count": "1"}]}, "/inputs/0/count: "),
        ({"inputs": [DATASET, {**DATASET, "layer": "parcels"}]}, "/inputs: "),
        ({"layer": "parcels"}, "/inputs: "),
        ({"title": "\ud800"}, "not Unicode"),
    ],
)
def test_parse_plan_invalid_has_code_and_pointer(change: dict[str, Any], pointer: str) -> None:
    code, message = code_and_message(json.dumps({**PLAN, **change}).encode())
    assert code == "source.schema"
    assert pointer in message


@pytest.mark.parametrize("body", [b"", b"\xff", b"[" * 100_000, b"[]", b"null", b'{"v": NaN}'])
def test_parse_plan_not_an_object_fails(body: bytes) -> None:
    assert code_and_message(body)[0] == "source.schema"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(
    field=st.sampled_from(sorted({*PLAN, *DATASET, "bbox", "layer", "deduplicate"})),
    value=_JSON,
    is_inner=st.booleans(),
)
def test_parse_plan_any_value_in_any_field_is_read_or_fails(field: str, value: Any, *, is_inner: bool) -> None:
    changed = {**PLAN, "inputs": [{**DATASET, field: value}]} if is_inner else {**PLAN, field: value}
    body = json.dumps(changed).encode()
    try:
        parse_plan(body)
    except TaskFailure:
        assert code_and_message(body)[0] == "source.schema"
