"""Which area a coverage states."""

from collections.abc import Mapping

import pytest

from oa_task.placement.coverage import resolve_coverage

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
        ({"country": "xx"}, None),
        ({"country": "Canada"}, None),
        ({}, None),
        ({"US Census": None, "ISO 3166": [], "geometry": 7, "country": None}, None),
    ],
)
def test_resolve_coverage_takes_the_most_exact_area(coverage: Mapping[str, object], name: str | None) -> None:
    area = resolve_coverage(coverage)
    assert (area.name if area else None) == name
