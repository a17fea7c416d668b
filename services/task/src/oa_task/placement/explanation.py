"""The nearest explanation of data in the wrong place: the change of the definition that moves it into the coverage."""

from collections.abc import Iterator

import numpy as np
from pyproj import Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.database import CRSInfo, query_crs_info
from pyproj.enums import PJType
from pyproj.exceptions import ProjError

from oa_task.definition.task_entry import TaskEntry
from oa_task.placement.areas import Area
from oa_task.read.crs import TARGET, projection
from oa_task.runtime.failure import TaskFailure

_LEAST_SHARE = 0.9
_EARTH = np.array([180.0, 90.0, 180.0, 90.0])
_WEB_MERCATOR = "3857"
# The best reference systems differ by meters, a datum by hundreds: any of them explains the fault.
_AS_GOOD = 0.02
_POINTS = 200
_MOST_SYSTEMS = 200
_COMMON = ("NAD83 / ", "ETRS89 / ", "WGS 84 / ", "GDA2020 / ", "GDA94 / ", "NZGD2000 / ", "SIRGAS 2000 / ", "OSGB36 / ")
_Places = tuple[np.ndarray, np.ndarray]


def explain_places(places: _Places, entry: TaskEntry, area: Area | None) -> str:
    """Return which change would move the places into the area; empty if none is found, or the area is not known."""
    step = max(1, len(places[0]) // _POINTS)
    lon, lat = places[0][::step], places[1][::step]
    return _explain((lon, lat), _to_raw((lon, lat), _stated_system(entry)), entry, area)


def explain_raw(raw: _Places, entry: TaskEntry, area: Area | None) -> str:
    """Return the same for the coordinates of the data, which their reference system does not know."""
    return _explain(_to_degrees(raw, _stated_system(entry)), raw, entry, area)


def _stated_system(entry: TaskEntry) -> str:
    srs = entry.conform.get("srs")
    return srs if isinstance(srs, str) and srs and not entry.is_esri else TARGET


def _explain(places: _Places, raw: _Places, entry: TaskEntry, area: Area | None) -> str:
    if area is None:
        return ""
    for text, moved in _simple_changes(places, raw, _stated_system(entry)):
        if area.share_inside(*moved) >= _LEAST_SHARE:
            return text
    code = nearest_system(raw, area)
    return f"would fit in {code}: set it in `conform.srs`" if code else ""


def _simple_changes(places: _Places, raw: _Places, srs: str) -> Iterator[tuple[str, _Places]]:
    """Yield the changes that explain most faults, with the places that they lead to."""
    lon, lat = places
    x, y = raw
    yield "would fit if latitude and longitude were swapped", _to_degrees((y, x), srs)
    if srs != TARGET:
        yield f"would fit in {TARGET}: the coordinates are degrees, not those of {srs}; correct `conform.srs`", raw
        yield f"would fit in {TARGET} with latitude and longitude swapped: correct `conform.srs`", (y, x)
    yield "would fit if longitudes had the opposite sign", (-lon, lat)
    yield "would fit if latitudes had the opposite sign", (lon, -lat)
    yield "would fit if latitude and longitude were swapped and longitudes had the opposite sign", (-lat, lon)
    yield "would fit if latitude and longitude were swapped and latitudes had the opposite sign", (lat, -lon)


def nearest_system(raw: _Places, area: Area) -> str:
    """Return the projected system of the area in which the raw coordinates fit best, such as EPSG:2263, or nothing."""
    return next(iter(list_systems(raw, area)), "")


def list_systems(raw: _Places, area: Area) -> list[str]:
    """Return the projected systems of the area in which the raw coordinates fit best, the most usual one first."""
    west, south, east, north = (float(side) for side in np.clip(area.shape.bounds, -_EARTH, _EARTH))
    region = AreaOfInterest(west, south, east, north)
    systems = query_crs_info("EPSG", [PJType.PROJECTED_CRS], area_of_interest=region, contains=False)
    codes = [system.code for system in sorted(systems, key=_rarity)[:_MOST_SYSTEMS]]
    shares = {code: area.share_inside(*_to_degrees(raw, f"EPSG:{code}")) for code in codes}
    best = max(shares.values(), default=0.0)
    if best < _LEAST_SHARE:
        return []
    return [f"EPSG:{code}" for code in codes if shares[code] >= best - _AS_GOOD]


def _rarity(system: CRSInfo) -> tuple[bool, bool, bool, int]:
    """Return a key that sorts the systems which data usually is in first."""
    is_usual = system.name.startswith(_COMMON) and not system.name.endswith("(N-E)")
    return system.code != _WEB_MERCATOR, not is_usual, "UTM zone" not in system.name, int(system.code)


def _to_degrees(raw: _Places, srs: str) -> _Places:
    try:
        return projection(srs).lon_lat(*raw)
    except (TaskFailure, ProjError):
        return np.full_like(raw[0], np.nan), np.full_like(raw[1], np.nan)


def _to_raw(places: _Places, srs: str) -> _Places:
    """Return the coordinates of the data."""
    if srs == TARGET:
        return places
    try:
        x, y = Transformer.from_crs(TARGET, srs, always_xy=True).transform(*places)
    except ProjError:
        return places
    return x, y
