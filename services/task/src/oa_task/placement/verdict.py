"""What a sample of places says: whether the data is on the Earth, spread out, and inside the coverage."""

import math
from dataclasses import dataclass

import numpy as np
import shapely

from oa_shared.json_types import JsonObject
from oa_shared.placement import MAX_MESSAGE, PlacementCode, PlacementProblem
from oa_task.definition.task_entry import TaskEntry
from oa_task.features.bad_rows import BadRows
from oa_task.features.validation import NOWHERE
from oa_task.placement.areas import Area
from oa_task.placement.bad_coordinates import explain_bad_coordinates
from oa_task.placement.coverage import resolve_coverage
from oa_task.placement.sample import PlaceSample
from oa_task.runtime.failure import TaskFailure

MAX_SHARE_OFF_EARTH = 0.05
MAX_SHARE_OUTSIDE = 0.25
MAX_SHARE_UNKNOWN = 0.5
# Fewer features may well be one building, or one side of a street.
LEAST_FEATURES = 100
SPOT_M, LINE_M = 10.0, 3.0
_LEAST_LINE_M = 1_000.0
_EARTH_LON, _EARTH_LAT = 180.0, 90.0
_FULL_TURN = 360.0
_M_PER_DEGREE = 111_200.0
# The most distant hundredths do not count: one mistyped coordinate is not the fault of the rest.
_TRIM = 2.0
_Places = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where most of the data is (west, south, east, north), the area of its coverage, and what is wrong."""

    bounds: tuple[float, float, float, float] | None = None
    coverage: str | None = None
    problems: tuple[PlacementProblem, ...] = ()

    def as_json(self) -> JsonObject:
        """Return `placement` of a result."""
        bounds = None if self.bounds is None else [round(number, 7) for number in self.bounds]
        return {
            "bounds": bounds,
            "coverage": self.coverage,
            "problems": [problem.as_json() for problem in self.problems],
        }


def judge_placement(sample: PlaceSample, entry: TaskEntry) -> Placement:
    """Return what a sample says; nothing about data without geometries."""
    places = sample.points()
    unknown = _find_unknown(places, sample)
    if not len(places[0]):
        return Placement(problems=unknown)
    area = resolve_coverage(entry.coverage)
    problems = (*unknown, *_find_problems(places, entry, area))
    return Placement(_core(_known_places(places)), area.name if area else None, problems)


def judge_first_rows(sample: PlaceSample, bad_rows: BadRows, entry: TaskEntry) -> Placement:
    """Return what the first rows say: of coordinates for which the conversion would fail, that is the problem.

    Raises TaskFailure if the conversion would fail for another reason.
    """
    try:
        with explain_bad_coordinates(bad_rows, entry):
            bad_rows.check()
    except TaskFailure as failure:
        code = next((code for code in PlacementCode if code.failure_code == failure.code), None)
        if code is None:
            raise
        return Placement(problems=(PlacementProblem(code, failure.message[:MAX_MESSAGE]),))
    return judge_placement(sample, entry)


def _find_problems(places: _Places, entry: TaskEntry, area: Area | None) -> list[PlacementProblem]:
    on_earth = (np.abs(places[0]) <= _EARTH_LON) & (np.abs(places[1]) <= _EARTH_LAT)
    off = 1 - float(on_earth.mean())
    if off > MAX_SHARE_OFF_EARTH:
        text = f"{off:.0%} of the features have coordinates outside the valid range"
        return [_problem(PlacementCode.OFF_EARTH, text, _explain(places, entry, area))]
    known = _known_places((places[0][on_earth], places[1][on_earth]))
    shape = _find_shape(known)
    outside = _find_outside(known, entry, area)
    # The one explains the other: a wrong reference system moves and shrinks the data.
    return [*([shape] if shape else []), *([outside] if outside else [])]


def _find_unknown(places: _Places, sample: PlaceSample) -> tuple[PlacementProblem, ...]:
    """Return a problem if most features have no geometry, or are at 0, 0."""
    total = sample.count + sample.missing
    if total < LEAST_FEATURES:
        return ()
    nowhere = 1 - float(_is_known(places).mean()) if len(places[0]) else 0.0
    share = (sample.missing + sample.count * nowhere) / total
    if share <= MAX_SHARE_UNKNOWN:
        return ()
    text = f"{share:.0%} of the features have no place: no geometry, or coordinates of 0, 0"
    return (_problem(PlacementCode.NO_PLACE, text, "check the columns of the coordinates"),)


def _is_known(places: _Places) -> np.ndarray:
    return np.asarray((np.abs(places[0]) > NOWHERE) | (np.abs(places[1]) > NOWHERE))


def _known_places(places: _Places) -> _Places:
    """Return the places without those at 0, 0, which programs write for an unknown place, unless all are there."""
    known = _is_known(places)
    return (places[0][known], places[1][known]) if known.any() else places


def _find_shape(places: _Places) -> PlacementProblem | None:
    if len(places[0]) < LEAST_FEATURES:
        return None
    west, south, east, north = _core(places)
    scale = math.cos(math.radians((south + north) / 2)) * _M_PER_DEGREE
    width, height = (east - west) * scale, (north - south) * _M_PER_DEGREE
    if max(width, height) < SPOT_M:
        text = f"nearly all features are within {max(width, height):.2f} m, at {west:.5f}, {south:.5f}"
        return _problem(PlacementCode.ONE_SPOT, text, "check `conform.srs` and the columns of the coordinates")
    length, breadth = _extent_along_axes(places, (west, south, east, north), scale)
    if length > _LEAST_LINE_M and breadth < LINE_M:
        text = f"nearly all features are on one straight line, {length / 1000:,.1f} km long and {breadth:.1f} m wide"
        return _problem(PlacementCode.ONE_LINE, text, "check the columns of the coordinates")
    return None


def _extent_along_axes(places: _Places, core: tuple[float, float, float, float], scale: float) -> tuple[float, float]:
    """Return the length and breadth in meters of the places in the core, along their principal axes."""
    west, south, east, north = core
    kept = (places[0] >= west) & (places[0] <= east) & (places[1] >= south) & (places[1] <= north)
    if not kept.any():
        return 0.0, 0.0
    flat = np.column_stack((places[0][kept] * scale, places[1][kept] * _M_PER_DEGREE))
    flat -= flat.mean(axis=0)
    _, axes = np.linalg.eigh(flat.T @ flat)
    along = flat @ axes
    spread = np.percentile(along, 100 - _TRIM, axis=0) - np.percentile(along, _TRIM, axis=0)
    return float(spread.max()), float(spread.min())


def _find_outside(places: _Places, entry: TaskEntry, area: Area | None) -> PlacementProblem | None:
    if area is None or not len(places[0]):
        return None
    outside = ~area.is_inside(*places)
    share = float(outside.mean())
    if share <= MAX_SHARE_OUTSIDE:
        return None
    lon, lat = float(np.median(places[0][outside])), float(np.median(places[1][outside]))
    where = f"about {_distance_km(area, lon, lat):,.0f} km away, near {lon:.3f}, {lat:.3f}"
    text = f"{share:.0%} of the features are outside of {area.name}, {where}"
    return _problem(PlacementCode.OUTSIDE_COVERAGE, text, _explain(places, entry, area))


def _distance_km(area: Area, lon: float, lat: float) -> float:
    """Return the distance of a place from an area in km, the shorter way around the Earth."""
    places = shapely.points([[lon + turn, lat] for turn in (-_FULL_TURN, 0.0, _FULL_TURN)])
    lines = shapely.get_coordinates(shapely.shortest_line(places, area.shape)).reshape(-1, 2, 2)
    east, north = ((lines[:, 1] - lines[:, 0]) * [math.cos(math.radians(lat)), 1.0]).T
    return float(np.hypot(east, north).min()) * _M_PER_DEGREE / 1000


def _core(places: _Places) -> tuple[float, float, float, float]:
    """Return west, south, east, north of the places without the most distant ones."""
    low, high = np.percentile(np.vstack(places), [_TRIM, 100 - _TRIM], axis=1, method="nearest")
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _problem(code: PlacementCode, text: str, explanation: str) -> PlacementProblem:
    advice = explanation or "check `conform.srs`, the columns of the coordinates, and `coverage`"
    return PlacementProblem(code, f"{text}: {advice}"[:MAX_MESSAGE])


def _explain(places: _Places, entry: TaskEntry, area: Area | None) -> str:
    from oa_task.placement.explanation import explain_places  # noqa: PLC0415 - loads PROJ for a fault only

    return explain_places(places, entry, area)
