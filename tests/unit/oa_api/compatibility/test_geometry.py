"""Extents: what one does not cover of another, and their areas."""

import math
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_api.compatibility.geometry import Box, make_polygon, measure_area, read_box, subtract_box


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    west, east = sorted(draw(st.lists(st.integers(-180, 180), min_size=2, max_size=2, unique=True)))
    south, north = sorted(draw(st.lists(st.integers(-90, 90), min_size=2, max_size=2, unique=True)))
    return float(west), float(south), float(east), float(north)


def area_of_parts(geometry: Any) -> float:
    rings = [polygon[0] for polygon in (geometry["coordinates"] if geometry else ())]
    return sum(measure_area((*map(float, ring[0]), *map(float, ring[2]))) for ring in rings)


@given(boxes(), boxes())
def test_part_outside_and_overlap_are_the_whole(box: Box, other: Box) -> None:
    overlap = (max(box[0], other[0]), max(box[1], other[1]), min(box[2], other[2]), min(box[3], other[3]))
    is_shared = overlap[0] < overlap[2] and overlap[1] < overlap[3]
    outside = area_of_parts(subtract_box(box, other))
    shared = measure_area(overlap) if is_shared else 0.0
    assert math.isclose(outside + shared, measure_area(box), rel_tol=1e-9)


@given(boxes())
def test_box_covers_itself(box: Box) -> None:
    assert subtract_box(box, box) is None
    assert area_of_parts(subtract_box(box, None)) == pytest.approx(measure_area(box))


def test_polygon_is_counter_clockwise() -> None:
    polygon = cast("dict[str, Any]", make_polygon((1.0, 2.0, 3.0, 4.0)))
    assert polygon["coordinates"] == [[[1, 2], [3, 2], [3, 4], [1, 4], [1, 2]]]


@pytest.mark.parametrize("bounds", [None, [], [1, 2, 3], [1, 2, 3, None], "1234", {"a": 1}])
def test_bounds_of_another_form_are_no_box(bounds: object) -> None:
    assert read_box(bounds) is None
    assert make_polygon(None) is None
    assert measure_area(None) == 0
