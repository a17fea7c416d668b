"""The areas that a definition can name: countries, states and counties, with a margin.

`areas.tsv.gz` has them: Natural Earth's countries with a margin of 80 km, the US Census Bureau's states and counties
with 40 km, both public domain; `python -m oa_tools.areas` writes it. The margin covers islands that the borders lack,
the sea, and the neighbors that a regional office includes.
"""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

FILE = Path(__file__).with_name("areas.tsv.gz")
_UNITS_PER_DEGREE = 100.0
_HALF_TURN, _FULL_TURN = 180.0, 360.0


@dataclass(frozen=True, slots=True)
class Area:
    """The area of a coverage: the name for messages, and the polygons in degrees, margin included."""

    name: str
    shape: shapely.Geometry

    def share_inside(self, lon: np.ndarray, lat: np.ndarray) -> float:
        """Return the share of points inside; NaN and infinite points are outside."""
        return float(self.is_inside(lon, lat).mean()) if len(lon) else 0.0

    def is_inside(self, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        """Return the mask of the points inside."""
        finite = np.isfinite(lon) & np.isfinite(lat)
        lat = np.where(finite, lat, 0.0)
        west, _, east, _ = self.shape.bounds
        inside = np.zeros(len(lon), dtype=bool)
        # A `geometry` may cross the antimeridian, to 182 or to -182 degrees.
        for turn in (-_FULL_TURN, 0.0, _FULL_TURN):
            if west < _HALF_TURN + turn and east > turn - _HALF_TURN:
                inside |= np.asarray(shapely.contains_xy(self.shape, np.where(finite, lon + turn, 0.0), lat))
        return np.asarray(inside & finite, dtype=bool)


@dataclass(frozen=True, slots=True)
class KeyedArea:
    """An area with its key and the name of its place, without a label for messages."""

    key: str
    place: str
    area: Area


def list_areas(prefix: str) -> Iterator[KeyedArea]:
    """Yield the areas whose keys begin with a prefix, such as `iso:` or `us:36`."""
    for line in _read_text().splitlines():
        key, _, rest = line.partition("\t")
        if key.startswith(prefix):
            name, _, rings = rest.partition("\t")
            yield KeyedArea(key, name, Area(name, _shape(rings)))


def find_area(key: str, label: str) -> Area | None:
    """Return the area of a key, such as `us:36047` or `iso:FR`; `label` is how messages name the key."""
    prefix = f"\n{key}\t"
    text = "\n" + _read_text()
    start = text.find(prefix)
    if start < 0:
        return None
    name, _, rings = text[start + len(prefix) : text.index("\n", start + 1)].partition("\t")
    return Area(f"{name} ({label})", _shape(rings))


def _read_text() -> str:
    """Return the file; not kept, because the text is larger than the areas that a job needs."""
    return gzip.decompress(FILE.read_bytes()).decode()


def _shape(rings: str) -> shapely.Geometry:
    shape = shapely.union_all([shapely.polygons(_points(ring)) for ring in json.loads(rings)])
    shapely.prepare(shape)
    return shape


def _points(steps: Sequence[int]) -> np.ndarray:
    """Return the points of a ring: the first one, then steps, in hundredths of a degree."""
    return np.cumsum(np.array(steps, dtype=float).reshape(-1, 2), axis=0) / _UNITS_PER_DEGREE
