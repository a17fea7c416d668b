"""The area that a definition covers, from its `coverage`."""

import json
from collections.abc import Iterator

import numpy as np
import shapely
from shapely.errors import GEOSException

from oa_shared.json_types import JsonMapping
from oa_task.placement.areas import Area, find_area
from oa_task.runtime.json_values import json_object

_STATE_DIGITS, _COUNTY_DIGITS = 2, 5
# A county, and what is inside it: a county subdivision (10 digits), a tract (11), a block group (12), a block (15).
_IN_COUNTY = frozenset({5, 10, 11, 12, 15})
_COUNTRY_LETTERS = 2
_AREA_MARGIN, _POINT_MARGIN = 0.4, 1.5
"""The margins of `geometry` in degrees: of a polygon about 40 km, of a point, which only names a place, 150 km."""


def resolve_coverage(coverage: JsonMapping) -> Area | None:
    """Return the area that a coverage states most exactly, None if it states none that is known.

    In this order: the county or state of `US Census`, a polygon in `geometry`, the country of `ISO 3166`, a point in
    `geometry`, the `country`.
    """
    geometry = json_object(coverage.get("geometry"))
    return (
        _census_area(json_object(coverage.get("US Census")))
        or (_geometry_area(geometry) if geometry.get("type") != "Point" else None)
        or _country_area(json_object(coverage.get("ISO 3166")).get("alpha2"), "ISO 3166 {}")
        or (_geometry_area(geometry) if geometry.get("type") == "Point" else None)
        or _country_area(coverage.get("country"), "country {}")
    )


def _census_area(census: JsonMapping) -> Area | None:
    geoid = str(census.get("geoid") or "")
    return next((area for key in _census_keys(geoid) if (area := find_area(f"us:{key}", f"US Census {key}"))), None)


def _census_keys(geoid: str) -> Iterator[str]:
    """Yield the county and the state of a geoid: of a place, only the state is part of its number."""
    if not (geoid.isascii() and geoid.isdigit()):
        return
    if len(geoid) in _IN_COUNTY:
        yield geoid[:_COUNTY_DIGITS]
    yield geoid[:_STATE_DIGITS]


def _country_area(code: object, label: str) -> Area | None:
    """Return the country of a code such as `FR`, or of the code of its region, such as `FR-75`."""
    country = str(code or "").partition("-")[0].strip().upper()
    if len(country) != _COUNTRY_LETTERS or not country.isascii():
        return None
    return find_area(f"iso:{country}", label.format(country))


def _geometry_area(geometry: JsonMapping) -> Area | None:
    """Return the area of a GeoJSON geometry with its margin, None if it is not a geometry."""
    try:
        shape = shapely.make_valid(shapely.from_geojson(json.dumps(dict(geometry))))
    except (GEOSException, ValueError, TypeError):
        return None
    if shape is None or shape.is_empty or not np.isfinite(shape.bounds).all():
        return None
    wide = shapely.buffer(shape, _POINT_MARGIN if geometry.get("type") == "Point" else _AREA_MARGIN)
    shapely.prepare(wide)
    return Area("the `geometry` of the coverage", wide)
