"""The extent of polygons in extended well-known binary."""

import struct

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from oa_api.imports.polygons import polygon_extent

_SIDE = st.floats(-180, 180)


@given(
    points=st.lists(st.tuples(_SIDE, _SIDE, _SIDE), min_size=3, max_size=8),
    dimension=st.sampled_from([2, 3]),
    byte_order=st.sampled_from([0, 1]),
    system=st.sampled_from([0, 4326]),
)
def test_extent_is_that_of_the_ring_in_every_form(
    points: list[tuple[float, float, float]], dimension: int, byte_order: int, system: int
) -> None:
    ring = [point[:dimension] for point in points]
    shape = shapely.Polygon([*ring, ring[0]])
    if system:
        shape = shapely.set_srid(shape, system)
    text = shapely.to_wkb(shape, hex=True, byte_order=byte_order, include_srid=True, output_dimension=dimension)
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    assert polygon_extent(text) == [min(xs), min(ys), max(xs), max(ys)]


def test_empty_polygon_has_no_extent() -> None:
    assert polygon_extent(shapely.to_wkb(shapely.Polygon(), hex=True)) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no digits",
        "01",
        shapely.to_wkb(shapely.Point(1, 2), hex=True),
        shapely.to_wkb(shapely.box(0, 0, 1, 1), hex=True)[:-2],
        struct.pack("<BIII", 1, 3, 1, 2**31).hex(),
        "07" + "00" * 20,
    ],
)
def test_anything_else_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        polygon_extent(text)
