"""The places of sample rows as GeoJSON, from the text of their geometries (WKT)."""

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from oa_shared.json_types import JsonMapping, JsonObject

_TYPES = {
    "POINT": "Point",
    "LINESTRING": "LineString",
    "POLYGON": "Polygon",
    "MULTILINESTRING": "MultiLineString",
    "MULTIPOLYGON": "MultiPolygon",
}
_SHAPE = re.compile(r"(?P<type>[A-Z]+)(?: (?:Z|M|ZM))? (?P<body>\(.*\))")
_POSITION = re.compile(r"(-?[\d.]+(?:e[+-]?\d+)?) (-?[\d.]+(?:e[+-]?\d+)?)(?: -?[\d.e+-]+)*", re.ASCII)
_MAX_LON, _MAX_LAT = 180.0, 90.0


@dataclass(frozen=True, slots=True)
class _Position:
    lon: float
    lat: float

    @property
    def is_on_earth(self) -> bool:
        return abs(self.lon) <= _MAX_LON and abs(self.lat) <= _MAX_LAT


def sample_places(rows: Sequence[JsonMapping]) -> JsonObject:
    """Return the features of sample rows that have a place on the earth, with the box around them."""
    features: list[JsonObject] = []
    corners: list[_Position] = []
    for row in rows:
        text = row.get("geometry")
        positions = list(_positions(text)) if isinstance(text, str) else []
        if isinstance(text, str) and positions and all(position.is_on_earth for position in positions):
            corners += positions
            features.append({"type": "Feature", "properties": _properties(row), "geometry": _geometry(text, positions)})
    box = _box(corners)
    return {"type": "FeatureCollection", "features": features, **({"bbox": box} if box else {})}


def _positions(text: str) -> Iterator[_Position]:
    """Yield the positions of a geometry; of a text that is cut off, without the last one, which may be a part."""
    found = _POSITION.findall(text)
    for lon, lat in found[:-1] if text.endswith("…") and len(found) > 1 else found:
        try:
            position = _Position(float(lon), float(lat))
        except ValueError:
            return
        if not math.isfinite(position.lon) or not math.isfinite(position.lat):
            return
        yield position


def _geometry(text: str, positions: Sequence[_Position]) -> JsonObject:
    """Return a geometry; one whose text is cut off, or of another type, is the point where it starts."""
    shape = _SHAPE.fullmatch(text)
    kind = _TYPES.get(shape["type"]) if shape else None
    if shape is None or kind is None:
        return _point(positions[0])
    try:
        coordinates: object = json.loads(_POSITION.sub(r"[\1,\2]", shape["body"]).replace("(", "[").replace(")", "]"))
    except (ValueError, RecursionError):
        return _point(positions[0])
    return _point(positions[0]) if kind == "Point" else {"type": kind, "coordinates": coordinates}


def _point(position: _Position) -> JsonObject:
    return {"type": "Point", "coordinates": [position.lon, position.lat]}


def _box(positions: Sequence[_Position]) -> list[float] | None:
    if not positions:
        return None
    lons, lats = [position.lon for position in positions], [position.lat for position in positions]
    return [min(lons), min(lats), max(lons), max(lats)]


def _properties(row: JsonMapping) -> JsonObject:
    attributes = row.get("attributes")
    traces = [trace for trace in attributes if isinstance(trace, dict)] if isinstance(attributes, list) else []
    values = {str(trace.get("attribute")): trace.get("value") for trace in traces if trace.get("value")}
    return {"row": row.get("row"), **values}
