"""Transformation from any coordinate reference system to longitude and latitude in EPSG:4326."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import Points, Shapes
from oa_task.runtime.failure import TaskFailure

TARGET = "EPSG:4326"
_FARTHEST_LON, _FARTHEST_LAT = 360.0, 90.0
OFF_EARTH = "coordinates outside the valid range: `conform.srs` is missing or wrong, or lat and lon are swapped"
UNTRANSFORMABLE = "coordinates outside the reference system"
_MAX_NAME = 100
_ADVICE_UNKNOWN = "set a known code, such as EPSG:25833, in `conform.srs`"
_ADVICE = "set the code of the system that the coordinates are in, such as EPSG:25833, in `conform.srs`"


class UnknownCrsFailure(TaskFailure):
    """A coordinate reference system that PROJ does not know: `source.crs`."""

    def __init__(self, srs: str) -> None:
        super().__init__("source.crs", f"unknown coordinate reference system {srs[:_MAX_NAME]!r}: {_ADVICE_UNKNOWN}")


@dataclass(frozen=True, slots=True)
class Projection:
    """Converts the coordinates of a file to longitude and latitude; `transformer` is None where they already are."""

    transformer: Transformer | None
    is_north_first: bool = False

    def lon_lat(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return transformed arrays of coordinates; a coordinate that cannot be transformed becomes infinite."""
        if self.is_north_first:
            x, y = y, x
        return (x, y) if self.transformer is None else self.transformer.transform(x, y)


@cache
def projection(srs: str | int | None, *, authority_axes: bool = False) -> Projection:
    """Return the projection from a CRS, such as EPSG:25833, WKT or 25833, to longitude and latitude.

    Coordinates are x, y regardless of the axis order of the CRS, unless `authority_axes` is set. Of a CRS with heights
    only the horizontal part counts. Raises UnknownCrsFailure for an unknown CRS, TaskFailure source.crs for a CRS that
    is not a map of the Earth, such as a site grid, a system of heights or a geocentric one.
    """
    if srs is None or srs == TARGET:
        return Projection(None)
    crs = _horizontal(_parse(srs))
    if not (crs.is_geographic or crs.is_projected):
        raise _no_map(str(srs), crs, f"is of the type {crs.type_name}, not a map of the Earth")
    try:
        is_same = crs.equals(CRS.from_user_input(TARGET), ignore_axis_order=True)
        transformer = None if is_same else Transformer.from_crs(crs, TARGET, always_xy=True)
    except ProjError as error:
        reason = str(error).rpartition(": ")[2].partition(". ")[0].rstrip(".").lower()
        raise _no_map(str(srs), crs, f"has no transformation to longitude and latitude: {reason}") from error
    is_north_first = authority_axes and bool(crs.axis_info) and crs.axis_info[0].direction == "north"
    return Projection(transformer, is_north_first)


def is_geographic(srs: str) -> bool:
    """Return whether the coordinates of a CRS are degrees. Raises UnknownCrsFailure for an unknown CRS."""
    return bool(_parse(srs).is_geographic)


def lon_lat_points(x: np.ndarray, y: np.ndarray, rows: np.ndarray, *, srs: Projection, bad_rows: BadRows) -> Points:
    """Return the transformed points; NaN in both arrays marks a missing one.

    A point that cannot be transformed counts as a bad row and becomes NaN, as does one with a single NaN.
    """
    lon, lat = srs.lon_lat(x, y)
    failed = ~(np.isfinite(lon) & np.isfinite(lat)) & ~(np.isnan(x) & np.isnan(y))
    if failed.any():
        _note_failed(bad_rows, rows[failed], x[failed], y[failed])
        lon, lat = np.where(failed, np.nan, lon), np.where(failed, np.nan, lat)
    with np.errstate(invalid="ignore"):
        off = (np.abs(lon) > _FARTHEST_LON) | (np.abs(lat) > _FARTHEST_LAT)
    if off.any():
        bad_rows.note(OFF_EARTH, rows[off], _pairs(lon[off], lat[off]), code="source.crs")
    from_origin = (x == 0) & (y == 0) if srs.transformer is not None else None
    return Points(lon, lat, from_origin if from_origin is not None and from_origin.any() else None)


def lon_lat_shapes(shapes: np.ndarray, rows: np.ndarray, *, srs: Projection, bad_rows: BadRows) -> Shapes:
    """Return the transformed geometries without Z and M.

    A geometry that cannot be transformed counts as a bad row and becomes None.
    """
    flat = np.asarray(shapely.force_2d(shapes), dtype=object)
    coordinates, owners = shapely.get_coordinates(flat, return_index=True)
    lon, lat = srs.lon_lat(coordinates[:, 0], coordinates[:, 1])
    is_bad = ~(np.isfinite(lon) & np.isfinite(lat))
    failed = np.unique(owners[is_bad])
    if len(failed):
        _note_failed(bad_rows, rows[failed], coordinates[is_bad, 0], coordinates[is_bad, 1])
        lon, lat = np.where(is_bad, 0.0, lon), np.where(is_bad, 0.0, lat)
    off = np.setdiff1d(owners[(np.abs(lon) > _FARTHEST_LON) | (np.abs(lat) > _FARTHEST_LAT)], failed)
    if len(off):
        first = np.searchsorted(owners, off[:5])
        bad_rows.note(OFF_EARTH, rows[off], _pairs(lon[first], lat[first]), code="source.crs")
    if srs.transformer is not None or srs.is_north_first or len(failed):
        flat = shapely.set_coordinates(flat, np.column_stack((lon, lat)))
    flat[failed] = None
    return Shapes(flat)


def _parse(srs: str | int) -> CRS:
    try:
        return _without_deprecation(CRS.from_user_input(srs))
    except CRSError as error:
        raise UnknownCrsFailure(str(srs)) from error


def _horizontal(crs: CRS) -> CRS:
    """Return the part of a CRS without heights."""
    while crs.is_compound:
        crs = crs.sub_crs_list[0]
    return crs


def _no_map(srs: str, crs: CRS, reason: str) -> TaskFailure:
    name, code = crs.name[:_MAX_NAME], srs[:_MAX_NAME]
    name = repr(name) if name and name in srs else f"{code!r} ({name})"
    return TaskFailure("source.crs", f"the coordinate reference system {name} {reason}; {_ADVICE}")


def _without_deprecation(crs: CRS) -> CRS:
    """Return the successor of a deprecated CRS if it has exactly one, as GDAL does; otherwise the CRS itself."""
    successors = crs.get_non_deprecated() if crs.is_deprecated else []
    return successors[0] if len(successors) == 1 else crs


def _note_failed(bad_rows: BadRows, rows: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
    bad_rows.note(UNTRANSFORMABLE, rows, _pairs(x, y), code="source.crs")


def _pairs(x: np.ndarray, y: np.ndarray) -> list[str]:
    return [f"{a!r} {b!r}" for a, b in zip(x[:5].tolist(), y[:5].tolist(), strict=True)]
