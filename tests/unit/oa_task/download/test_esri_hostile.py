"""Arbitrary JSON in place of a valid response of an ArcGIS server causes a failure with a code, never a crash."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oa_task.download.attempts import TransientError
from oa_task.download.esri.client import EsriRequestError, decode_json, raise_error
from oa_task.download.esri.feature_lines import EsriLinesFile, RepeatedIdsError
from oa_task.download.esri.layer import read_layer, spatial_reference
from oa_task.download.esri.page import parse_page
from oa_task.runtime.failure import TaskFailure

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def objects(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects with any of these members, each valid or arbitrary."""
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


class FixedClient:
    """A client that returns the same response to every query."""

    url = "https://example.org/0"

    def __init__(self, response: dict[str, Any]) -> None:
        self._response = response

    async def query_with_retries(self, _path: str, _parameters: Mapping[str, str]) -> dict[str, Any]:
        return self._response


@given(METADATA)
@settings(max_examples=400, deadline=None)
async def test_read_layer_arbitrary_metadata_is_a_layer_or_a_failure(metadata: dict[str, Any]) -> None:
    try:
        layer = await read_layer(FixedClient(metadata))  # type: ignore[arg-type]
    except TaskFailure:
        return
    assert layer.oid_field is None or isinstance(layer.oid_field, str)
    assert layer.most_features is None or layer.most_features > 0


@given(st.lists(PAGE, min_size=1, max_size=3))
@settings(max_examples=400, deadline=None)
def test_parse_page_arbitrary_response_is_written_or_a_failure(responses: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder, EsriLinesFile(Path(folder) / "x", {}, most_bytes=10_000) as lines:
        for response in responses:
            try:
                lines.write(parse_page(response, "OBJECTID"))
            except (TransientError, TaskFailure, RepeatedIdsError):
                break
        lines.end()
        assert (Path(folder) / "x").read_bytes().count(b"\n") == lines.count + 2


@given(st.dictionaries(st.sampled_from(["code", "message", "details"]), ANYTHING))
@settings(max_examples=300, deadline=None)
def test_raise_error_arbitrary_error_raises_an_expected_exception(error: dict[str, Any]) -> None:
    with pytest.raises((TransientError, TaskFailure, EsriRequestError)):
        raise_error(error, "https://example.org/0", None)


@given(st.binary(max_size=50) | ANYTHING.map(lambda value: repr(value).encode("utf-8", "replace")))
def test_decode_json_arbitrary_bytes_raises_nothing(body: bytes) -> None:
    spatial_reference(decode_json(body, None))
    spatial_reference(decode_json(body, "no-such-charset"))


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b'{"x": 1' + b"0" * 5000 + b"}"])
def test_decode_json_deep_or_huge_value_is_none_or_an_object(body: bytes) -> None:
    assert decode_json(body, None) is None or isinstance(decode_json(body, None), dict)


def test_write_feature_with_too_many_levels_is_a_failure_of_the_source(tmp_path: Path) -> None:
    deep: dict[str, Any] = {}
    for _ in range(400):
        deep = {"b": deep}
    with EsriLinesFile(tmp_path / "x", {}, most_bytes=10_000) as lines, pytest.raises(TaskFailure) as caught:
        lines.write(parse_page({"features": [{"attributes": {"A": 1, **deep}}]}, "A"))
    assert caught.value.code == "source.format"
