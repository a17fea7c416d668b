"""GeoJSON files that cannot be used."""

import json
from typing import Any

from support.bad_input.case import Case


def _case(code: str, says: str, body: Any, **conform: Any) -> Case:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Case(code, says, text, name="data.geojson", conform={"format": "geojson", **conform})


def _of(*geometries: Any) -> dict[str, Any]:
    return {"features": [{"type": "Feature", "properties": {}, "geometry": geometry} for geometry in geometries]}


def _point(x: Any, y: Any) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [x, y]}


_GOOD = json.dumps(_of(_point(1, 2), _point(3, 4))).encode()
_DEEP = b'{"features":[{"type":"Feature","properties":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}]}"

CASES = {
    "an empty GeoJSON file": _case("source.format", "not GeoJSON at byte 0", b""),
    "a web page in place of GeoJSON": _case("source.format", "a web page, not GeoJSON", b"<html><body>"),
    "GeoJSON cut off between features": _case("source.format", "at byte 198 .*may be cut off", _GOOD[:-2]),
    "GeoJSON cut off in a feature": _case("source.format", "not sound GeoJSON at byte 10", _GOOD[:108]),
    "a stray character between features": _case(
        "source.format", "not sound GeoJSON at byte 101", _GOOD[:101] + b";" + _GOOD[102:]
    ),
    "no list of features": _case(
        "source.format", "no features; from byte 0 it is an object with 'type'", {"type": "Topology"}
    ),
    "an error in JSON": _case(
        "source.format", "an object with 'error'.*Invalid token", {"error": {"message": "Invalid token"}}
    ),
    "an empty list of features": _case("source.empty", "no features in the data", _of()),
    "all geometries null": _case("source.empty", "2 left out: the geometry is null", _of(None, None)),
    "values that are no features": _case("source.format", "not a feature: row 1", {"features": [1, 2]}),
    "Esri JSON under the name of GeoJSON": _case(
        "source.format", "unreadable geometry: row 1 has .*rings", {"features": [{"geometry": {"rings": [[[0, 0]]]}}]}
    ),
    "a geometry type that does not exist": _case(
        "source.format", "unreadable geometry: row 1 has .*Circle", _of({"type": "Circle", "coordinates": [1, 2]})
    ),
    "a ring of two positions": _case(
        "source.format", "unreadable geometry: row 1", _of({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]})
    ),
    "positions that are words": _case("source.format", "unreadable geometry: row 1", _of(_point("east", "north"))),
    "positions of one number": _case(
        "source.format", "unreadable geometry: row 1", _of({"type": "LineString", "coordinates": [[1], [2]]})
    ),
    "NaN for a position": _case("source.format", "unreadable geometry: row 1", _of(_point(float("nan"), 1))),
    "Infinity for a position": _case("source.crs", "row 1 has 'inf 1.0'", _of(_point(float("inf"), 1))),
    "GeoJSON off the earth": _case("source.crs", "off the earth.*row 1 has '500000.0 200000.0'", _of(_point(5e5, 2e5))),
    "deep nesting": _case("source.format", "the feature at byte 13 is nested too deeply", _DEEP),
    "deep nesting outside the features": _case("source.format", "not GeoJSON at byte 0", b'{"a":' * 100_000),
    "an unknown EPSG code for GeoJSON": _case("source.crs", "'EPSG:99999' is unknown", _GOOD, srs="EPSG:99999"),
    "GeoJSON that is not UTF-8": _case("source.encoding", "byte 0xe9 at offset 2", b'{"\xe9":1,' + _GOOD[1:]),
    "a sequence with broken lines": _case(
        "source.format",
        "not a feature: row 2 has '{\"type'",
        json.dumps(_of(_point(1, 2))["features"][0]).encode() + b'\n{"type\n',
    ),
}
