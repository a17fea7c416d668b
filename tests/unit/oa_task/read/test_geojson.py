"""GeoJSON: collections cut at any position, sequences, values as text, geometries of each type."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from oa_task.features.bad_rows import BadRows
from oa_task.read import geojson_collection
from oa_task.read.geojson_geometry import geometries
from oa_task.read.geojson_stream import GeoJsonStream
from oa_task.read.json_columns import json_column
from oa_task.runtime.failure import TaskFailure
from support.readers import ReadBytes, read_or_failure

POINT = {"type": "Point", "coordinates": [5.5, 50.25]}
SQUARE = [[0, 0], [0, 1], [1, 1], [0, 0]]
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('a},{"]\\é', max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "features", "crs"]), inner),
    max_leaves=8,
)


def feature(geometry: Any = POINT, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def collection(*features: Any, **members: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", **members, "features": features}).encode()


def pieces_of(body: bytes, size: int) -> Iterator[bytes]:
    return (body[place : place + size] for place in range(0, len(body), size))


def round_integers(value: Any) -> Any:
    """Return a JSON value with integers beyond 64 bits as floats, as the fast parser returns them."""
    if isinstance(value, dict):
        return {key: round_integers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [round_integers(item) for item in value]
    return float(value) if isinstance(value, int) and not -(2**63) <= value < 2**64 else value


@settings(deadline=None)
@given(values=st.lists(VALUE, max_size=12), indent=st.none() | st.just(1), piece=st.integers(1, 300))
def test_feature_blocks_any_collection_yields_its_features(values: list[Any], indent: int | None, piece: int) -> None:
    features = [feature(value=value) for value in values]
    body = json.dumps({"a": {"features": [1]}, "features": features, "crs": {"b": [1]}}, indent=indent).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(geojson_collection, "_BLOCK_BYTES", 64)
        blocks = list(GeoJsonStream(pieces_of(body, piece), BadRows(), "x").blocks())
    assert round_integers([item for block in blocks for item in block.features]) == round_integers(features)
    assert [item for block in blocks for item in block.exact()] == features


@settings(deadline=None)
@given(values=st.lists(VALUE, min_size=1, max_size=12), separator=st.sampled_from(["\n", "\x1e"]))
def test_feature_blocks_any_sequence_yields_its_features(values: list[Any], separator: str) -> None:
    features = [feature(value=value) for value in values]
    body = "".join(f"{separator}{json.dumps(one)}\n" for one in features).encode()
    blocks = list(GeoJsonStream(pieces_of(body, 100), BadRows(), "x").blocks())
    assert round_integers([item for block in blocks for item in block.features]) == round_integers(features)
    assert [item for block in blocks for item in block.exact()] == features


FORMS = {
    "a collection": lambda features: json.dumps({"type": "FeatureCollection", "features": features}),
    "an indented collection": lambda features: json.dumps({"features": features, "type": "x"}, indent=1),
    "an array": json.dumps,
    "one after the other": lambda features: "".join(map(json.dumps, features)),
    "indented, one after the other": lambda features: "\n".join(json.dumps(one, indent=1) for one in features),
    "lines": lambda features: "".join(f"{json.dumps(one)}\r\n\n" for one in features),
    "lines with commas": lambda features: ",\n".join(map(json.dumps, features)),
    "records": lambda features: "".join(f"\x1e{json.dumps(one, indent=1)}\n" for one in features),
    "collections as lines": lambda features: "\n".join(
        json.dumps({"type": "FeatureCollection", "features": [one]}) for one in features
    ),
    "collections as records": lambda features: "".join(
        f'\x1e{{"features": [{json.dumps(one)}]}}\n' for one in features
    ),
    "an array of collections": lambda features: json.dumps([{"features": features[:2]}, {"features": features[2:]}]),
    "a trailing comma": lambda features: f'{{"features": [{",".join(map(json.dumps, features))},]}}',
    "NaN in a member": lambda features: f'{{"bbox": [NaN], "features": {json.dumps(features)}, "max": -Infinity}}',
}


@settings(deadline=None, max_examples=60)
@given(
    parts=st.lists(st.tuples(st.sampled_from(sorted(FORMS)), st.integers(1, 9)), min_size=1, max_size=3),
    between=st.sampled_from(["", "\n", " \r\n\n", "\n\x1e"]),
    end=st.sampled_from(["", "\n", "\0\0"]),
    piece=st.integers(1, 400),
)
def test_geojson_any_forms_one_after_the_other_lose_no_feature(
    parts: list[tuple[str, int]], between: str, end: str, piece: int
) -> None:
    count = sum(size for _, size in parts)
    numbers = iter(range(count))
    texts = [FORMS[form]([feature(NO=next(numbers), ST="}]") for _ in range(size)]) for form, size in parts]
    body = (between.join(texts) + end).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(geojson_collection, "_BLOCK_BYTES", 64)
        blocks = read_or_failure(lambda: list(GeoJsonStream(pieces_of(body, piece), BadRows(), "x").blocks()))
    if isinstance(blocks, TaskFailure):
        assert len(parts) > 1
        assert blocks.code == "source.format"
        return
    features = [item for block in blocks for item in block.features]
    found = [item["properties"]["NO"] for item in features if isinstance(item, dict) and item.get("properties")]
    texts_left = [item for item in features if not isinstance(item, dict)]
    assert found == list(range(count)) or texts_left


@pytest.mark.parametrize("form", FORMS)
def test_geojson_of_each_form_is_read(read: ReadBytes, form: str) -> None:
    found = read(FORMS[form]([feature(NO=number) for number in range(9)]).encode(), "a.geojson")
    assert found.column("NO") == [str(number) for number in range(9)]
    assert found.bad_rows.report() == {}


@pytest.mark.parametrize(
    "behind", [" <!-- served in 0.2 s -->", '{"error": "time-out"}', "[1, 2]", "}", '"x"', '\n{"type": "Feature"', ";"]
)
@pytest.mark.parametrize("piece", ["few", "many"])
def test_geojson_text_behind_the_collection_is_no_silent_success(read: ReadBytes, behind: str, piece: str) -> None:
    features = [feature(NO=number) for number in range(3 if piece == "few" else 30_000)]
    found = read_or_failure(lambda: read(collection(*features) + behind.encode(), "a.geojson"))
    if isinstance(found, TaskFailure):
        assert found.code == "source.format"
        assert "byte" in found.message or "row" in found.message
    else:
        assert found.bad_rows.report()


@pytest.mark.parametrize("cut", [1, 2, 20])
@pytest.mark.parametrize("count", [2, 30_000])
def test_geojson_cut_at_its_end_is_a_failure(read: ReadBytes, cut: int, count: int) -> None:
    body = collection(*[feature(NO=number) for number in range(count)])[:-cut]
    with pytest.raises(TaskFailure) as caught:
        read(body, "a.geojson")
    assert caught.value.code == "source.format"


@pytest.mark.parametrize(
    "value", [{"type": "FeatureCollection", "features": []}, {"type": "Point", "coordinates": [1, 2]}, {"NO": 1}]
)
def test_geojson_other_object_among_the_features_is_counted(read: ReadBytes, value: Any) -> None:
    found = read(collection(*[feature(NO=1)] * 30, value), "a.geojson")
    assert found.bad_rows.report()["not a feature"]["count"] == 1


@pytest.mark.parametrize(
    "crs",
    [
        {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25833"}},
        {"type": "name", "properties": {"name": "http://www.opengis.net/def/crs/EPSG/0/25833"}},
        {"type": "EPSG", "properties": {"code": 25833}},
        {"type": "EPSG", "properties": {"code": "25833"}},
        {"type": "link", "properties": {"href": "http://spatialreference.org/ref/epsg/25833/proj4/", "type": "proj4"}},
        {"type": "link", "properties": {"href": "https://www.opengis.net/def/crs/EPSG/0/25833"}},
        "EPSG:25833",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("place", ["before", "behind", "far behind", "behind much", "before much"])
def test_geojson_crs_of_each_style_and_place_applies(read: ReadBytes, crs: Any, encoding: str, place: str) -> None:
    features = [feature({"type": "Point", "coordinates": [391779.26, 5820072.48]}, NO=1, crs="x")] * 3
    much = {"about": ["crs"] * 20_000}
    before = {"before": {"crs": crs}, "before much": {**much, "crs": crs}}.get(place, {})
    behind = {"behind": {"crs": crs}, "far behind": {"crs": crs, **much}, "behind much": {**much, "crs": crs}}.get(
        place, {}
    )
    body = json.dumps({**before, "features": features, **behind}).encode(encoding)
    assert read(body, "a.geojson").points[0] == pytest.approx((13.40495, 52.52001), abs=1e-4)


def test_geojson_collections_in_different_crs_are_refused(read: ReadBytes) -> None:
    crs = {"type": "name", "properties": {"name": "EPSG:25833"}}
    for first, second in [({}, {"crs": crs}), ({"crs": crs}, {})]:
        with pytest.raises(TaskFailure) as caught:
            read(collection(feature(), **first) + collection(feature(), **second), "a.geojson")
        assert caught.value.code == "source.crs"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (1.5, "1.5"),
        (7, "7"),
        (True, "True"),
        (None, ""),
        ("a\r\nb", "a\nb"),
        ([1.0, "x", None], "[1, 'x', None]"),
        ({"k": 1.5}, "{'k': 1.5}"),
        (12345678901234567890123, "12345678901234567890123"),
        ("\ud800", "\ufffd"),
    ],
)
def test_geojson_value_becomes_the_text_that_rules_read(read: ReadBytes, value: Any, text: str) -> None:
    alone = read(collection(feature(NO=value)), "a.geojson")
    mixed = read(collection(feature(NO=value), feature(NO="s"), feature(NO=2)), "a.geojson")
    assert alone.column("NO") == [text]
    assert mixed.column("NO") == [text, "s", "2"]


def test_json_column_of_strings_keeps_them() -> None:
    assert json_column(["a", None, ""]).to_list() == ["a", "", ""]


def test_geojson_absent_property_is_empty(read: ReadBytes) -> None:
    found = read(collection(feature(NO=1), feature(ST="b"), {**feature(), "properties": None}), "a.geojson")
    assert found.column("NO") == ["1", "", ""]
    assert found.column("ST") == ["", "b", ""]


def test_geojson_feature_without_geometry_is_left_out_and_counted(read: ReadBytes) -> None:
    found = read(collection(feature(NO=1), feature(None, NO=2), feature(NO=3)), "a.geojson")
    assert found.column("NO") == ["1", "3"]
    assert found.rows == [0, 2]
    assert found.bad_rows.left_out == {"the geometry is null": 1}
    assert found.bad_rows.reasons == {}


def test_geojson_unreadable_geometry_is_a_bad_row(read: ReadBytes) -> None:
    broken = feature({"type": "Polygon", "coordinates": [[[0, 0]]]}, NO="broken")
    found = read(collection(broken, *[feature(NO=1)] * 30), "a.geojson")
    assert len(found.shapes) == 30
    assert found.bad_rows.report()["unreadable geometry"]["examples"][0]["row"] == 1


@pytest.mark.parametrize(
    "shape",
    [
        "POINT (1 2)",
        "LINESTRING (0 0, 1 1, 2 0)",
        "POLYGON ((0 0, 0 9, 9 9, 0 0), (1 2, 1 3, 2 3, 1 2))",
        "MULTIPOINT ((0 0), (1 1))",
        "MULTILINESTRING ((0 0, 1 1), (2 2, 3 3))",
        "MULTIPOLYGON (((0 0, 0 1, 1 1, 0 0)), ((5 5, 5 6, 6 6, 5 5)))",
        "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (0 0, 1 1))",
        "POLYGON EMPTY",
    ],
)
def test_geometries_each_type_is_read_among_others(shape: str) -> None:
    expected = shapely.from_wkt(shape)
    value = json.loads(shapely.to_geojson(expected))
    other = {"type": "Polygon", "coordinates": [SQUARE]}
    assert shapely.equals_exact(geometries([value, other, value]).array[[0, 2]], expected).all()


def test_geometries_with_height_drop_it() -> None:
    found = geometries([{"type": "Point", "coordinates": [1, 2, 3]}, {"type": "Point", "coordinates": [4, 5]}])
    assert np.array_equal(np.column_stack((found.x, found.y)), [[1, 2], [4, 5]])


@pytest.mark.parametrize("at_end", [False, True])
@pytest.mark.parametrize("name", ["urn:ogc:def:crs:EPSG::25833", "EPSG:25833"])
def test_geojson_crs_before_or_after_the_features_applies(read: ReadBytes, name: str, *, at_end: bool) -> None:
    crs = {"crs": {"type": "name", "properties": {"name": name}}}
    place = feature({"type": "Point", "coordinates": [391779.26, 5820072.48]})
    body = collection(place, **({} if at_end else crs))
    if at_end:
        body = body[:-1] + b', "crs": ' + json.dumps(crs["crs"]).encode() + b"}"
    assert read(body, "a.geojson").points[0] == pytest.approx((13.40495, 52.52001), abs=1e-4)


def test_geojson_srs_overrides_crs_and_longitude_comes_first(read: ReadBytes) -> None:
    crs = {"type": "name", "properties": {"name": "EPSG:3857"}}
    assert read(collection(feature(), crs=crs), "a.geojson", srs="EPSG:4326").points == [(5.5, 50.25)]


def test_geojson_unknown_crs_is_ignored_with_a_warning(read: ReadBytes) -> None:
    crs = {"type": "name", "properties": {"name": "local"}}
    found = read(collection(feature(), crs=crs), "a.geojson")
    assert found.points == [(5.5, 50.25)]
    assert "'local'" in found.bad_rows.warnings[0]


def test_geojson_single_feature_after_a_byte_order_mark_is_read(read: ReadBytes) -> None:
    body = b"\xef\xbb\xbf" + json.dumps(feature(NO=1), indent=2).encode()
    assert read(body, "a.geojson").column("NO") == ["1"]


def test_geojson_nan_in_one_feature_is_one_bad_row(read: ReadBytes) -> None:
    broken = b'{"type":"Feature","properties":{"NO":1},"geometry":{"type":"Point","coordinates":[NaN,1]}}'
    good = ",".join([json.dumps(feature(NO=2))] * 30).encode()
    found = read(b'{"features":[' + broken + b"," + good + b"]}", "a.geojson")
    assert len(found.points) == 30


def test_geojson_truncated_names_the_byte(read: ReadBytes) -> None:
    body = collection(feature(NO=1), feature(NO=2))
    with pytest.raises(TaskFailure, match=f"byte {len(body) - 2}") as caught:
        read(body[:-2], "a.geojson")
    assert caught.value.code == "source.format"
