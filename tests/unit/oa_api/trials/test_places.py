"""Places of sample rows: the geometries that the engine writes as text, against shapely."""

import json
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from oa_api.trials.places import sample_places

_LON, _LAT = st.floats(-179, 179).map(lambda number: round(number, 5)), st.floats(-89, 89).map(lambda n: round(n, 5))
_POSITIONS = st.lists(st.tuples(_LON, _LAT), min_size=4, max_size=8, unique=True)


def row(text: str | None, **values: Any) -> dict[str, Any]:
    attributes = [{"attribute": name, "value": value} for name, value in values.items()]
    return {"row": 1, "geometry": text, "attributes": attributes}


@given(_POSITIONS, st.sampled_from(["Point", "LineString", "Polygon", "MultiLineString", "MultiPolygon"]))
def test_geometries_are_those_of_the_text(positions: list[tuple[float, float]], kind: str) -> None:
    line, ring = shapely.LineString(positions), shapely.Polygon(positions)
    shapes = {
        "Point": shapely.Point(positions[0]),
        "LineString": line,
        "Polygon": ring,
        "MultiLineString": shapely.MultiLineString([line, line.reverse()]),
        "MultiPolygon": shapely.MultiPolygon([ring, ring]),
    }
    places = sample_places([row(shapely.to_wkt(shapes[kind], rounding_precision=7))])

    (feature,) = places["features"]  # type: ignore[misc]
    assert shapely.from_geojson(json.dumps(feature["geometry"])).equals_exact(shapes[kind], 1e-6)
    assert places["bbox"] == pytest.approx(list(shapely.total_bounds(shapes[kind])), abs=1e-6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("POINT Z (1 2 3)", [1, 2]),
        ("POINT (1e-05 2)", [0.00001, 2]),
        ("MULTIPOINT ((1 2), (3 4))", [1, 2]),
        ("GEOMETRYCOLLECTION (POINT (1 2))", [1, 2]),
        ("POLYGON ((1 2, 3 4, 5 6.123, 12…", [1, 2]),
    ],
)
def test_other_geometries_are_the_point_where_they_start(text: str, expected: list[float]) -> None:
    places = sample_places([row(text, number="7", unit=None)])

    assert places["features"] == [
        {
            "type": "Feature",
            "properties": {"row": 1, "number": "7"},
            "geometry": {"type": "Point", "coordinates": expected},
        }
    ]


@pytest.mark.parametrize(
    "text",
    [None, 7, "", "POINT EMPTY", "POINT (200 10)", "POINT (10 -99)", "POINT (nan nan)", "POINT (1e999 1)", "(((("],
)
def test_row_without_a_place_on_the_earth_is_left_out(text: Any) -> None:
    assert sample_places([row(text)]) == {"type": "FeatureCollection", "features": []}
