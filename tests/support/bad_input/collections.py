"""Unusable GeoJSON files."""

import json
from typing import Any

from support.bad_input.case import Case


def _case(
    code: str, details: tuple[str, ...], body: Any, *, rules: dict[str, Any] | None = None, **conform: Any
) -> Case:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Case(code, details, text, name="data.geojson", conform={"format": "geojson", **conform}, rules=rules or {})


def _collection(*geometries: Any) -> dict[str, Any]:
    return {"features": [{"type": "Feature", "properties": {}, "geometry": geometry} for geometry in geometries]}


def _point(x: Any, y: Any) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [x, y]}


_GOOD = json.dumps(_collection(_point(1, 2), _point(3, 4))).encode()
_DEEP = b'{"features":[{"type":"Feature","properties":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}]}"

_UNREADABLE = ("unreadable geometry", "row 1")

CASES = {
    "an empty GeoJSON file": _case("source.empty", ("data.geojson", "0 bytes"), b""),
    "a web page instead of GeoJSON": _case("source.format", ("data.geojson", "GeoJSON"), b"<html><body>"),
    "GeoJSON truncated between features": _case("source.format", ("data.geojson", "byte 198 "), _GOOD[:-2]),
    "GeoJSON truncated in a feature": _case("source.format", ("data.geojson", "byte 108"), _GOOD[:108]),
    "a stray character between features": _case(
        "source.format", ("data.geojson", "byte 101"), _GOOD[:101] + b";" + _GOOD[102:]
    ),
    "no list of features": _case("source.format", ("data.geojson", "byte 0", "'type'"), {"type": "Topology"}),
    "an error in JSON": _case(
        "source.format", ("data.geojson", "'error'", "Invalid token"), {"error": {"message": "Invalid token"}}
    ),
    "an empty list of features": _case("source.empty", (), _collection()),
    "only null geometries": _case("source.empty", ("2 left out", "the geometry is null"), _collection(None, None)),
    "values that are not features": _case("source.format", ("not a feature", "row 1"), {"features": [1, 2]}),
    "Esri JSON declared as GeoJSON": _case(
        "source.format", (*_UNREADABLE, "rings"), {"features": [{"geometry": {"rings": [[[0, 0]]]}}]}
    ),
    "an unknown type of geometry": _case(
        "source.format", (*_UNREADABLE, "Circle"), _collection({"type": "Circle", "coordinates": [1, 2]})
    ),
    "a ring of two positions": _case(
        "source.format", _UNREADABLE, _collection({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]})
    ),
    "positions that are words": _case("source.format", _UNREADABLE, _collection(_point("east", "north"))),
    "positions of one number": _case(
        "source.format", _UNREADABLE, _collection({"type": "LineString", "coordinates": [[1], [2]]})
    ),
    "NaN in a position": _case("source.format", _UNREADABLE, _collection(_point(float("nan"), 1))),
    "Infinity in a position": _case("source.crs", ("row 1", "'inf 1.0'"), _collection(_point(float("inf"), 1))),
    "GeoJSON outside the valid range": _case(
        "source.crs", ("outside the valid range", "row 1", "'500000.0 200000.0'"), _collection(_point(5e5, 2e5))
    ),
    "deep nesting": _case("source.format", ("data.geojson", "byte 13 "), _DEEP),
    "deep nesting outside of the features": _case("source.format", ("data.geojson", "byte 0"), b'{"a":' * 100_000),
    "an unknown EPSG code for GeoJSON": _case("source.crs", ("'EPSG:99999'", "`conform.srs`"), _GOOD, srs="EPSG:99999"),
    "GeoJSON that names a system of heights": _case(
        "source.crs",
        ("NAVD88 height", "Vertical CRS", "`conform.srs`"),
        b'{"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::5703"}}, ' + _GOOD[1:],
    ),
    "GeoJSON that is not UTF-8": _case(
        "source.encoding",
        ("data.geojson", "0xe9", "offset 56", "ST: ", "cp1252"),
        _GOOD.replace(b'"properties": {}', b'"properties": {"ST": "\xe9"}'),
        rules={"street": "ST"},
    ),
    "a page of a query": _case(
        "upstream.truncated", ("2 features", "exceededTransferLimit"), _GOOD[:-1] + b',"exceededTransferLimit":true}'
    ),
    "fewer features than announced": _case(
        "upstream.truncated", ("400 features", "numberMatched", "has 2"), b'{"numberMatched": 400,' + _GOOD[1:]
    ),
    "a link to the next page": _case(
        "upstream.truncated",
        ("2 features", "link"),
        _GOOD[:-1] + b',"links":[{"rel":"next","href":"https://x/?page=2"}]}',
    ),
    "text behind the features": _case("source.format", ("byte 200", "'time-out'"), _GOOD + b"time-out"),
    "an object behind the features": _case("source.format", ("byte 200", "'error'"), _GOOD + b'{"error": 1}'),
    "a collection that is not closed": _case("source.format", ("byte 199 ", "truncated"), _GOOD[:-1]),
    "collections in different CRS": _case(
        "source.crs", ("None", "EPSG:3857"), _GOOD + b'{"crs":"EPSG:3857",' + _GOOD[1:]
    ),
    "a sequence with broken lines": _case(
        "source.format",
        ("not a feature", "row 2", "'{\"type'"),
        json.dumps(_collection(_point(1, 2))["features"][0]).encode() + b'\n{"type\n',
    ),
}
