"""Rings of Esri polygons: nesting decides, whatever the order, the direction and the start of a ring."""

import time

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from oa_task.read.esri_geometry import as_shapes
from oa_task.read.rings import assemble_polygons

Ring = list[list[float]]


def ring(x: float, y: float, size: float) -> Ring:
    return [[x, y], [x, y + size], [x + size, y + size], [x + size, y], [x, y]]


@st.composite
def ring_groups(draw: st.DrawFn) -> tuple[list[Ring], float]:
    """Return rings of up to three groups, each nested with siblings, and the area by the even-odd rule."""
    rings: list[Ring] = []
    area = 0.0

    def add(x: float, y: float, size: float, depth: int) -> None:
        nonlocal area
        rings.append(ring(x, y, size))
        area += (-1) ** depth * size**2
        if depth < draw(st.integers(0, 5)):
            for column in range(draw(st.integers(1, 2))):
                add(x + size * (0.1 + 0.45 * column), y + size * 0.1, size * 0.4, depth + 1)

    for group in range(draw(st.integers(1, 3))):
        add(group * 1000, 0, 900, 0)
    return draw(st.permutations(rings)), area


def _turn(points: Ring, shift: int, *, is_reversed: bool) -> Ring:
    turned = points[:-1][shift:] + points[:-1][:shift]
    closed = [*turned, turned[0]]
    return closed[::-1] if is_reversed else closed


@settings(deadline=None, max_examples=100)
@given(drawn=ring_groups(), data=st.data())
def test_rings_nest_by_the_even_odd_rule(drawn: tuple[list[Ring], float], data: st.DataObject) -> None:
    rings, area = drawn
    turned = [_turn(points, data.draw(st.integers(0, 3)), is_reversed=data.draw(st.booleans())) for points in rings]
    (shape,) = as_shapes([{"rings": turned}])
    assert shape.is_valid
    assert shape.area == pytest.approx(area)
    assert len(shapely.get_coordinates(shape)) == 5 * len(rings)


def test_copy_of_a_ring_is_left_out() -> None:
    outer, inner = ring(0, 0, 10), ring(2, 2, 3)
    copies = [outer, inner, _turn(outer, 2, is_reversed=True), _turn(inner, 1, is_reversed=False)]
    (shape,) = as_shapes([{"rings": copies}])
    assert shape.is_valid
    assert shape.area == 91


def test_hole_that_touches_its_shell_is_a_hole() -> None:
    (shape,) = as_shapes([{"rings": [ring(0, 0, 10), [[0, 0], [5, 1], [5, 5], [0, 0]]]}])
    assert shape.geom_type == "Polygon"
    assert shape.is_valid


def test_many_rings_nest_soon() -> None:
    holes = [ring(3 * (n % 100) + 1, 3 * (n // 100) + 1, 1) for n in range(5_000)]
    deep = [ring(-n, -n - 2_000, 2 * n) for n in range(1, 1_001)]
    started_at = time.monotonic()
    shape = assemble_polygons([shapely.LinearRing(points) for points in (*holes, ring(0, 0, 301), *deep)])
    assert time.monotonic() - started_at < 20
    assert shape.area == pytest.approx(301**2 - 5_000 + sum((-1) ** (n % 2) * 4 * n**2 for n in range(1, 1_001)))


def test_rings_of_no_area_are_kept() -> None:
    (shape,) = as_shapes([{"rings": [ring(0, 0, 10), [[1, 1], [2, 2], [1, 1], [1, 1]]]}])
    assert shape is not None
    assert np.isfinite(shapely.get_coordinates(shape)).all()
