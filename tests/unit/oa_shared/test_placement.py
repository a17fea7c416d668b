"""The comparison of a result's place with the published one, and what is read of a reported placement."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oa_shared.json_types import JsonObject
from oa_shared.placement import Bounds, PlacementCode, find_move, read_bounds, read_problems

_HERE = [-74.05, 40.57, -73.83, 40.74]


def _result(bounds: object, *, core: object = None) -> JsonObject:
    return {"bounds": bounds, **({"placement": {"bounds": core, "problems": []}} if core else {})}


@pytest.mark.parametrize(
    "published",
    [
        _result(_HERE),
        _result([-74.06, 40.5, -74.01, 40.6]),
        _result([-73.80, 40.6, -73.75, 40.7]),  # next to it: 2.5 km
        _result([-180.0, -90.0, 180.0, 90.0]),
        _result(None),
        {},
        {"bounds": ["a", None, True, 4]},
    ],
)
def test_find_move_data_in_the_same_place_is_no_move(published: JsonObject) -> None:
    assert find_move(_result(_HERE), published) is None


def test_find_move_data_in_another_state_names_the_distance() -> None:
    move = find_move(_result(_HERE), _result([-96.1, 41.2, -95.9, 41.3]))
    assert move is not None
    assert move.code is PlacementCode.MOVED
    assert "1,7" in move.message or "1,8" in move.message


def test_find_move_looks_at_most_of_the_data_not_at_single_features() -> None:
    scattered = _result([-120.0, 0.0, 0.0, 60.0], core=[-96.1, 41.2, -95.9, 41.3])
    assert find_move(scattered, _result(_HERE)) is not None


@settings(deadline=None)
@given(st.lists(st.floats(-180, 180), min_size=8, max_size=8))
def test_distance_between_boxes_is_symmetric_and_zero_where_they_overlap(sides: list[float]) -> None:
    first, second = (_box(sides[:4]), _box(sides[4:]))
    assert first.distance_km(second) == pytest.approx(second.distance_km(first))
    assert first.distance_km(first) == 0
    corner = Bounds(first.east, first.north, first.east + 1, first.north + 1)
    assert first.distance_km(corner) == 0


def _box(sides: list[float]) -> Bounds:
    (west, east), (south, north) = sorted(sides[:2]), sorted(side / 2 for side in sides[2:])
    return Bounds(west, south, east, north)


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["placement", "bounds", "problems", "code", "message"]), inner)
        ),
    )
)
def test_reported_placement_of_any_form_is_read_without_an_error(value: object) -> None:
    result: JsonObject = {"placement": value, "bounds": value}
    assert all(isinstance(problem.code, PlacementCode) for problem in read_problems(result))
    bounds = read_bounds(result)
    assert bounds is None or isinstance(bounds.west, float)


def test_find_move_across_the_antimeridian_is_no_move() -> None:
    assert find_move(_result([179.90, -17.1, 179.99, -16.9]), _result([-179.99, -17.1, -179.95, -16.9])) is None
