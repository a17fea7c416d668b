"""Any JSON at all in place of what an ArcGIS server should answer ends in one of our own failures."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oa_task.download.esri.client import EsriRequestError, _decoded, _raise_error
from oa_task.download.esri.feature_lines import EsriLinesFile
from oa_task.download.esri.layer import read_layer, spatial_reference
from oa_task.download.esri.page import parse_page
from oa_task.download.requests import TransientError
from oa_task.runtime.failure import TaskFailure

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def objects(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects with any of these members, each as it should be or anything."""
    return st.fixed_dictionaries({}, optional={name: value | ANYTHING for name, value in members.items()})


REFERENCE = objects(wkid=st.sampled_from([4326, 102100, 2263]), latestWkid=st.just(3857), wkt=st.text(max_size=9))
METADATA = objects(
    type=st.sampled_from(["Feature Layer", "Group Layer", "Table"]),
    fields=st.lists(objects(name=st.text(max_size=5), type=st.just("esriFieldTypeOID")), max_size=3),
    objectIdField=st.text(max_size=5),
    maxRecordCount=st.integers(-1, 5),
    advancedQueryCapabilities=objects(supportsPagination=st.booleans()),
    extent=objects(xmin=st.floats(), ymin=st.floats(), xmax=st.floats(), ymax=st.floats(), spatialReference=REFERENCE),
    editingInfo=objects(lastEditDate=st.integers()),
)
FEATURE = objects(attributes=objects(OBJECTID=st.integers(), A=st.text(max_size=5)), geometry=objects(x=st.floats()))
PAGE = objects(features=st.lists(FEATURE, max_size=4), spatialReference=REFERENCE, objectIdFieldName=st.just("A"))


class Says:
    """A client whose every answer is the same."""

    url = "https://example.org/0"

    def __init__(self, answer: dict[str, Any]) -> None:
        self._answer = answer

    async def ask_until_answered(self, _path: str, _parameters: Mapping[str, str]) -> dict[str, Any]:
        return self._answer


@given(METADATA)
@settings(max_examples=400, deadline=None)
async def test_read_layer_of_anything_is_a_layer_or_a_failure(said: dict[str, Any]) -> None:
    try:
        layer = await read_layer(Says(said))  # type: ignore[arg-type]
    except TaskFailure:
        return
    assert layer.oid_field is None or isinstance(layer.oid_field, str)
    assert layer.most_features is None or layer.most_features > 0


@given(st.lists(PAGE, min_size=1, max_size=3))
@settings(max_examples=400, deadline=None)
def test_page_of_anything_is_written_or_a_failure(answers: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder, EsriLinesFile(Path(folder) / "x", {}, most_bytes=10_000) as lines:
        for answer in answers:
            try:
                lines.write(parse_page(answer, "OBJECTID"))
            except (TransientError, TaskFailure):
                break
        lines.end()
        assert (Path(folder) / "x").read_bytes().count(b"\n") == lines.count + 2


@given(st.dictionaries(st.sampled_from(["code", "message", "details"]), ANYTHING))
@settings(max_examples=300, deadline=None)
def test_raise_error_of_anything_raises_one_of_ours(error: dict[str, Any]) -> None:
    with pytest.raises((TransientError, TaskFailure, EsriRequestError)):
        _raise_error(error, "https://example.org/0", None)


@given(st.binary(max_size=50) | ANYTHING.map(lambda value: repr(value).encode("utf-8", "replace")))
def test_decoded_bytes_of_any_kind_raise_nothing(body: bytes) -> None:
    spatial_reference(_decoded(body, None))
    spatial_reference(_decoded(body, "no-such-charset"))


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b'{"x": 1' + b"0" * 5000 + b"}"])
def test_decoded_deep_or_huge_is_no_json_or_a_number(body: bytes) -> None:
    assert _decoded(body, None) is None or isinstance(_decoded(body, None), dict)


def test_feature_nested_deeper_than_can_be_kept_is_a_fault_of_the_source(tmp_path: Path) -> None:
    deep: dict[str, Any] = {}
    for _ in range(400):
        deep = {"a": deep}
    with EsriLinesFile(tmp_path / "x", {}, most_bytes=10_000) as lines, pytest.raises(TaskFailure) as caught:
        lines.write(parse_page({"features": [{"attributes": deep}]}, None))
    assert caught.value.code == "source.format"
