"""Whether data is where it claims to be: the problems that a task finds, and the comparison with published data.

The task looks at a sample of all features and reports `placement` in its result: `bounds`, the box of its features
without the most distant hundredths, and `problems`. The quality gate holds a result with a problem for review.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from oa_shared.json_types import JsonMapping, JsonObject

MAX_MESSAGE = 500
# Published data moves by a few hundred meters when a datum is corrected; this far apart it is another place.
MOVED_KM = 10.0
_KM_PER_DEGREE = 111.2
_SIDES = 4
_TURNS = (-360.0, 0.0, 360.0)


class PlacementCode(StrEnum):
    """What is wrong with the place of the data."""

    OFF_EARTH = "off_earth"
    ONE_SPOT = "one_spot"
    ONE_LINE = "one_line"
    OUTSIDE_COVERAGE = "outside_coverage"
    MOVED = "moved"
    NO_PLACE = "no_place"
    UNREADABLE = "unreadable"

    @property
    def failure_code(self) -> str | None:
        """Return the code of the failure of a job whose rows are like that, None if it does not fail."""
        match self:
            case PlacementCode.OFF_EARTH:
                return "source.crs"
            case PlacementCode.UNREADABLE:
                return "source.bad_rows"
            case _:
                return None


@dataclass(frozen=True, slots=True)
class PlacementProblem:
    """A problem with the place of the data; the message has numbers, and the nearest explanation if one fits."""

    code: PlacementCode
    message: str

    def as_json(self) -> JsonObject:
        """Return the problem as a JSON object of a result."""
        return {"code": str(self.code), "message": self.message}


@dataclass(frozen=True, slots=True)
class Bounds:
    """A box in degrees."""

    west: float
    south: float
    east: float
    north: float

    def distance_km(self, other: "Bounds") -> float:
        """Return the distance to another box, 0 where they overlap, the shorter way around the Earth."""
        farthest_lat = max(abs(self.south), abs(self.north), abs(other.south), abs(other.north))
        gaps = [max(self.west - other.east + turn, other.west - self.east - turn, 0.0) for turn in _TURNS]
        lat_gap = max(self.south - other.north, other.south - self.north, 0.0)
        scale = math.cos(math.radians(min(farthest_lat, 90.0)))
        return math.hypot(min(gaps) * scale, lat_gap) * _KM_PER_DEGREE


def read_problems(result: JsonMapping) -> list[PlacementProblem]:
    """Return the problems that a task reported in its result; none for a result of an earlier task."""
    problems = _placement(result).get("problems")
    return [
        PlacementProblem(PlacementCode(item["code"]), str(item.get("message", ""))[:MAX_MESSAGE])
        for item in (problems if isinstance(problems, list) else [])
        if isinstance(item, dict) and item.get("code") in set(PlacementCode)
    ]


def find_move(result: JsonMapping, published: JsonMapping) -> PlacementProblem | None:
    """Return a problem if a result is nowhere near the published one, None if they are or either has no bounds."""
    new, old = read_bounds(result), read_bounds(published)
    if new is None or old is None:
        return None
    distance_km = new.distance_km(old)
    if distance_km < MOVED_KM:
        return None
    text = f"the data is {distance_km:,.0f} km from the published data: compare both on the map"
    return PlacementProblem(PlacementCode.MOVED, text)


def read_bounds(result: JsonMapping) -> Bounds | None:
    """Return the box of most features of a result, or of all of a result of an earlier task; None without features."""
    for value in (_placement(result).get("bounds"), result.get("bounds")):
        numbers = _numbers(value)
        if len(numbers) == _SIDES:
            return Bounds(*numbers)
    return None


def _placement(result: JsonMapping) -> Mapping[str, object]:
    placement = result.get("placement")
    return placement if isinstance(placement, Mapping) else {}


def _numbers(value: object) -> Sequence[float]:
    if not isinstance(value, list):
        return ()
    return [float(number) for number in value if isinstance(number, int | float) and math.isfinite(number)]
