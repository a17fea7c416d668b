"""The coverage of a definition, guessed from the places of the data and the name of the source."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely

from oa_shared.json_types import JsonObject
from oa_shared.us_places import COUNTY_DIGITS, find_named_geoids
from oa_shared.us_states import STATE_CODES, STATE_NUMBERS
from oa_task.placement.areas import Area, KeyedArea, find_area, list_areas

Places = tuple[np.ndarray, np.ndarray]
_COUNTY_MARGIN, _COUNTRY_MARGIN = 0.36, 0.72
"""The margins of the areas in degrees: 40 and 80 km."""
_MOST, _LEAST_IN_COUNTY = 0.9, 0.75
_STATE_DIGITS = 2
_UNITED_STATES = "US"


@dataclass(frozen=True, slots=True)
class CoverageGuess:
    """The `coverage` of a definition, the name of its area, and how sure the guess is."""

    coverage: JsonObject
    area_name: str
    kind: str
    score: float


def area_of_source(source: str | None) -> Area | None:
    """Return the state or country of a source such as us/ca/berkeley, None for other names."""
    country, _, rest = (source or "").partition("/")
    state = STATE_NUMBERS.get(rest.partition("/")[0].upper()) if country == "us" else None
    if state:
        return find_area(f"us:{state}", f"state of {source}")
    is_code = len(country) == _STATE_DIGITS and country.isascii()
    return find_area(f"iso:{country.upper()}", f"country of {source}") if is_code else None


def county_of_source(source: str | None) -> Area | None:
    """Return the county of a source such as us/ca/alameda, None for names of no county or of several."""
    country, _, rest = (source or "").partition("/")
    state, _, county = rest.partition("/")
    if country != "us" or not county:
        return None
    geoids = find_named_geoids({"state": state, "county": county.replace("_", " ")})
    is_county = len(geoids) == 1 and len(geoids[0]) == COUNTY_DIGITS
    return find_area(f"us:{geoids[0]}", f"county of {source}") if is_county else None


def guess_coverage(places: Places) -> CoverageGuess | None:
    """Return the county, state or country that has nearly all places, None if none has."""
    country = _innermost(list_areas("iso:"), places, _COUNTRY_MARGIN)
    if country is None:
        return None
    code = country.key.removeprefix("iso:")
    # The territories of the United States have their own codes.
    state = _innermost((item for item in list_areas("us:") if len(item.key) == len("us:06")), places, _COUNTY_MARGIN)
    if state is None or (code != _UNITED_STATES and state.key.removeprefix("us:") not in _TERRITORIES):
        iso = {"alpha2": code, "country": country.place}
        coverage: JsonObject = {"ISO 3166": iso, "country": code.lower()}
        return CoverageGuess(coverage, country.place, "country", 0.85)
    number = state.key.removeprefix("us:")
    county = _innermost((item for item in list_areas(state.key) if item.key != state.key), places, _COUNTY_MARGIN)
    common: JsonObject = {"country": "us", "state": STATE_CODES.get(number, number).lower()}
    if county is None or _share_within(county, places) < _LEAST_IN_COUNTY:
        census: JsonObject = {"geoid": number, "name": state.place}
        return CoverageGuess({"US Census": census, **common}, state.place, "state", 0.85)
    name = county.place.partition(",")[0]
    census = {"geoid": county.key.removeprefix("us:"), "name": name, "state": state.place}
    return CoverageGuess({"US Census": census, **common}, county.place, "county", 0.85)


_TERRITORIES = frozenset({"60", "66", "69", "72", "78"})


def _innermost(areas: Iterable[KeyedArea], places: Places, margin: float) -> KeyedArea | None:
    """Return the area with nearly all places in which their middle is deepest, its margin left out."""
    lon, lat = float(np.median(places[0])), float(np.median(places[1]))
    middle = shapely.Point(lon, lat)
    holding = [
        item for item in areas if shapely.contains(item.area.shape, middle) and item.area.share_inside(*places) >= _MOST
    ]
    return max(holding, key=lambda item: _depth(item.area, middle) - margin, default=None)


def _depth(area: Area, middle: shapely.Point) -> float:
    """Return the distance of a point inside from the border, in degrees of latitude."""
    narrow = float(np.cos(np.radians(middle.y)))
    flat = shapely.transform(area.shape, lambda pairs: pairs * [narrow, 1.0])
    return float(shapely.distance(shapely.Point(middle.x * narrow, middle.y), flat.boundary))


def _share_within(item: KeyedArea, places: Places) -> float:
    """Return the share of places inside an area without its margin."""
    inner = shapely.buffer(item.area.shape, -_COUNTY_MARGIN)
    if inner.is_empty:
        return 1.0
    return float(shapely.contains_xy(inner, *places).mean())
