"""The area that a definition covers, from its `coverage`."""

import json

import numpy as np
import shapely
from shapely.errors import GEOSException

from oa_shared.json_types import JsonMapping
from oa_shared.json_values import json_object
from oa_shared.us_places import agrees, census_keys, find_named_geoids, find_state, read_geoid
from oa_task.placement.areas import Area, find_area

_COUNTRY_LETTERS = 2
_UNITED_STATES = "US"
_HALF_TURN, _FULL_TURN = 180.0, 360.0
_AREA_MARGIN, _POINT_MARGIN = 0.4, 1.5
"""The margins of `geometry` in degrees: of a polygon about 40 km, of a point, which only names a place, 150 km."""
_MOST_STRETCH = 10.0


def resolve_coverage(coverage: JsonMapping) -> Area | None:
    """Return the area that a coverage states most exactly, None if it states none that is known.

    In this order: the county or state of `US Census`, a polygon in `geometry`, the country (of the United States, the
    state) of `ISO 3166`, a point in `geometry`, the county or state that the words name, the `country`. A geoid that
    contradicts the names adds their county: no program can know which of them is right.
    """
    geometry = json_object(coverage.get("geometry"))
    is_point = str(geometry.get("type")).endswith("Point")
    return (
        _census_area(coverage)
        or (None if is_point else _geometry_area(geometry, _AREA_MARGIN))
        or _region_area(json_object(coverage.get("ISO 3166")).get("alpha2"), "ISO 3166 {}")
        or (_geometry_area(geometry, _POINT_MARGIN) if is_point else None)
        or _named_area(coverage)
        or _region_area(coverage.get("country"), "country {}")
    )


def _census_area(coverage: JsonMapping) -> Area | None:
    geoid = read_geoid(coverage)
    if geoid is None:
        return None
    coded, named = _census_code_area(geoid), find_named_geoids(coverage)
    if coded is None or not named or agrees(geoid, named):
        return coded or (_named_area(coverage) if named else None)
    return _join([coded, *(area for key in named if (area := find_area(f"us:{key}", f"named, US Census {key}")))])


def _census_code_area(geoid: str) -> Area | None:
    return next((area for key in census_keys(geoid) if (area := find_area(f"us:{key}", f"US Census {key}"))), None)


def _named_area(coverage: JsonMapping) -> Area | None:
    """Return the county or state of the United States that the words of a coverage name."""
    if str(coverage.get("country") or _UNITED_STATES).strip().upper() != _UNITED_STATES:
        return None
    areas = [find_area(f"us:{key}", f"named, US Census {key}") for key in find_named_geoids(coverage)]
    return _join([area for area in areas if area])


def _join(areas: list[Area]) -> Area | None:
    if len(areas) <= 1:
        return areas[0] if areas else None
    shape = shapely.union_all([area.shape for area in areas])
    shapely.prepare(shape)
    return Area(" and ".join(area.name for area in areas), shape)


def _region_area(code: object, label: str) -> Area | None:
    """Return the country of a code such as `FR` or `FR-75`; of the United States the state, as of `US-AK`."""
    country, _, region = str(code or "").strip().upper().partition("-")
    if len(country) != _COUNTRY_LETTERS or not country.isascii():
        return None
    state = find_state(region) if country == _UNITED_STATES and region else None
    if state:
        return find_area(f"us:{state}", label.format(f"{country}-{region}"))
    return find_area(f"iso:{country}", label.format(country))


def _geometry_area(geometry: JsonMapping, margin: float) -> Area | None:
    """Return the area of a GeoJSON geometry with its margin in degrees of latitude, None if it is not a geometry."""
    try:
        shape = shapely.from_geojson(json.dumps(dict(geometry)))
    except (GEOSException, ValueError, TypeError):
        return None
    if shape is None or shape.is_empty or not np.isfinite(shape.bounds).all():
        return None
    parts = [shapely.make_valid(shapely.transform(part, _unwrap)) for part in shapely.get_parts(shape)]
    wide = _widen(shapely.union_all(parts), margin)
    shapely.prepare(wide)
    return Area("the `geometry` of the coverage", wide)


def _unwrap(points: np.ndarray) -> np.ndarray:
    """Return the points of a shape that crosses the antimeridian, which a step of more than half a turn shows, as one.

    The steps of a box around the Earth are as long: it stays.
    """
    if not (np.abs(np.diff(points[:, 0])) > _HALF_TURN).any():
        return points
    lon = points[:, 0] + np.where(points[:, 0] < 0, _FULL_TURN, 0.0)
    return np.column_stack((lon, points[:, 1])) if np.ptp(lon) > 0 else points


def _widen(shape: shapely.Geometry, margin: float) -> shapely.Geometry:
    """Return a shape with a margin of the same length on the ground in all directions."""
    farthest = min(max(abs(shape.bounds[1]), abs(shape.bounds[3])), 90.0)
    stretch = max(float(np.cos(np.radians(farthest))), 1 / _MOST_STRETCH)
    flat = shapely.transform(shape, lambda points: points * [stretch, 1.0])
    return shapely.transform(shapely.buffer(flat, margin), lambda points: points / [stretch, 1.0])
