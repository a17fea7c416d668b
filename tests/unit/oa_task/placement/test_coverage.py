"""Which area a coverage states."""

from collections.abc import Mapping

import numpy as np
import pytest

from oa_shared.us_places import explain_contradiction
from oa_task.placement.coverage import resolve_coverage

_STEVENS = "Stevens, Washington (named, US Census 53065)"
_SQUARE = {"type": "Polygon", "coordinates": [[[9, 53], [10, 53], [10, 54], [9, 54], [9, 53]]]}


@pytest.mark.parametrize(
    ("coverage", "name"),
    [
        ({"US Census": {"geoid": "36047"}, "country": "us"}, "Kings, New York (US Census 36047)"),
        ({"US Census": {"geoid": "36"}}, "New York (US Census 36)"),
        ({"US Census": {"geoid": "3651000"}}, "New York (US Census 36)"),  # a place
        ({"US Census": {"geoid": "3604710022"}}, "Kings, New York (US Census 36047)"),  # a county subdivision
        ({"US Census": {"geoid": "09190"}}, "Connecticut (US Census 09)"),  # a region newer than the borders
        ({"US Census": {"geoid": 36047}}, "Kings, New York (US Census 36047)"),
        ({"US Census": {"geoid": "???"}, "country": "us"}, "United States of America (country US)"),
        ({"ISO 3166": {"alpha2": "DE-HH"}, "country": "de"}, "Germany (ISO 3166 DE)"),
        ({"ISO 3166": {"alpha2": "fr"}}, "France (ISO 3166 FR)"),
        ({"ISO 3166": {"alpha2": "DE"}, "geometry": _SQUARE}, "the `geometry` of the coverage"),
        (
            {"ISO 3166": {"alpha2": "DE"}, "geometry": {"type": "Point", "coordinates": [9, 53]}},
            "Germany (ISO 3166 DE)",
        ),
        ({"geometry": {"type": "Point", "coordinates": [9, 53]}, "country": "de"}, "the `geometry` of the coverage"),
        ({"geometry": {"type": "Polygon", "coordinates": []}, "country": "de"}, "Germany (country DE)"),
        ({"geometry": {"type": "Point", "coordinates": ["x"]}, "country": "de"}, "Germany (country DE)"),
        ({"geometry": {"type": "Nothing"}, "country": "de"}, "Germany (country DE)"),
        ({"US Census": {"geoid": 6037}}, "Los Angeles, California (US Census 06037)"),  # a number has no first zero
        ({"US Census": {"geoid": "09-80490"}}, "Connecticut (US Census 09)"),
        ({"ISO 3166": {"alpha2": "US-AK"}}, "Alaska (ISO 3166 US-AK)"),
        ({"country": "us", "state": "tx"}, "Texas (named, US Census 48)"),
        ({"country": "us", "state": "ny", "county": "dutchess"}, "Dutchess, New York (named, US Census 36027)"),
        ({"country": "us", "state": "sd", "county": "Tripp and Todd"}, "South Dakota (named, US Census 46)"),
        ({"country": "mx", "state": "ca"}, "Mexico (country MX)"),  # another country has states too
        ({"US Census": {"geoid": "52065", "name": "Stevens County", "state": "Washington"}}, _STEVENS),
        ({"country": "re"}, "Réunion (country RE)"),
        ({"country": "xx"}, None),
        ({"country": "Canada"}, None),
        ({}, None),
        ({"US Census": None, "ISO 3166": [], "geometry": 7, "country": None}, None),
    ],
)
def test_resolve_coverage_takes_the_most_exact_area(coverage: Mapping[str, object], name: str | None) -> None:
    area = resolve_coverage(coverage)
    assert (area.name if area else None) == name


@pytest.mark.parametrize(
    ("census", "state", "right", "wrong"),
    [
        # Digits swapped, a digit wrong, the number of another state: each as authors mistyped it.
        ({"geoid": "55083", "name": "Monroe County", "state": "Wisconsin"}, "wi", (-90.62, 43.95), (-83.5, 41.9)),
        ({"geoid": "46129", "name": "Codington County"}, "sd", (-97.19, 44.98), (-90.0, 45.0)),
        ({"geoid": "53107", "name": "Wood County", "state": "West Virginia"}, "wv", (-81.52, 39.21), (-84.5, 39.1)),
    ],
)
def test_a_geoid_that_contradicts_the_names_is_no_fault_of_the_data(
    census: Mapping[str, str], state: str, right: tuple[float, float], wrong: tuple[float, float]
) -> None:
    coverage = {"US Census": census, "country": "us", "state": state}
    area = resolve_coverage(coverage)
    assert area is not None
    lon, lat = np.array([right, wrong]).T
    assert area.is_inside(lon, lat).tolist() == [True, False]
    assert census["geoid"] in (explain_contradiction(coverage) or "")


@pytest.mark.parametrize(
    "census",
    [
        {"geoid": "51760", "name": "Richmond city", "state": "Virginia"},  # a county has that name too
        {"geoid": "51159", "name": "Richmond County", "state": "Virginia"},
        {"geoid": "24037", "name": "Saint Mary's County", "state": "md"},
        {"geoid": "09190", "name": "Western Connecticut Planning Region", "state": "Connecticut"},
        {"geoid": "3651000", "name": "New York", "state": "New York"},
        {"geoid": "36", "name": "Kings"},
    ],
)
def test_a_geoid_that_agrees_with_the_names_is_not_reported(census: Mapping[str, str]) -> None:
    assert explain_contradiction({"US Census": census, "country": "us"}) is None


@pytest.mark.parametrize(
    "ring",
    [
        [[177, -19], [182, -19], [182, -16], [177, -16], [177, -19]],  # past 180
        [[177, -19], [-178, -19], [-178, -16], [177, -16], [177, -19]],  # across it
        [[-183, -19], [-178, -19], [-178, -16], [-183, -16], [-183, -19]],  # past -180
    ],
)
def test_a_polygon_across_the_antimeridian_has_both_sides_and_not_the_world(ring: list[list[float]]) -> None:
    area = resolve_coverage({"geometry": {"type": "Polygon", "coordinates": [ring]}})
    assert area is not None
    inside = area.is_inside(np.array([178.0, 179.9, -179.9, -178.5, 0.0, 170.0]), np.full(6, -17.0))
    assert inside.tolist() == [True, True, True, True, False, False]


def test_a_polygon_around_the_earth_has_all_of_it() -> None:
    ring = [[-180, -60], [180, -60], [180, 75], [-180, 75], [-180, -60]]
    area = resolve_coverage({"geometry": {"type": "Polygon", "coordinates": [ring]}})
    assert area is not None
    assert area.is_inside(np.array([-179.0, 0.0, 179.0]), np.zeros(3)).all()


def test_parts_far_apart_do_not_distort_each_other() -> None:
    squares = [[[[x, 0], [x + 9, 0], [x + 9, 9], [x, 9], [x, 0]]] for x in (-5, 166, 178)]
    area = resolve_coverage({"geometry": {"type": "MultiPolygon", "coordinates": squares}})
    assert area is not None
    inside = area.is_inside(np.array([-3.0, 2.0, 170.0, -175.0, 90.0]), np.full(5, 5.0))
    assert inside.tolist() == [True, True, True, True, False]


def test_the_margin_is_as_wide_on_the_ground_in_the_north() -> None:
    ring = [[20, 69], [21, 69], [21, 70], [20, 70], [20, 69]]
    area = resolve_coverage({"geometry": {"type": "Polygon", "coordinates": [ring]}})
    assert area is not None
    assert area.is_inside(np.array([21.9]), np.array([69.5])).all()  # 35 km to the east
