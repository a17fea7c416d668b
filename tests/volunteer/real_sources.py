"""Real definitions as templates: their entry, and rows in the shape that its rules expect."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyproj
import shapely

from oa_shared.source_definition import entries, validate_definition
from oa_task.conform.missing_columns import missing_columns
from oa_task.definition.task_entry import TaskEntry, rule_columns, select_entry
from oa_task.runtime.failure import TaskFailure

ROWS = 100
KINDS = ("csv", "shapefile", "gdb", "geojson", "ESRI")
Cells = dict[str, str]
_DBF_NAME = 10


@dataclass(frozen=True)
class RealSource:
    """An entry of a definition: the name of its file, and the kind of its data."""

    name: str
    kind: str
    definition: dict[str, Any]
    entry: TaskEntry

    @cached_property
    def columns(self) -> list[str]:
        """Return the columns of the data that the rules read, without those of coordinates."""
        return list(dict.fromkeys(item.column for item in missing_columns(self.entry, set()) if item.column))

    def option(self, name: str) -> Any:
        """Return an option of the conform, None if it is missing."""
        return self.entry.conform.get(name)

    @property
    def srs(self) -> str:
        """Return the CRS in which the data has its coordinates."""
        return str(self.option("srs") or "EPSG:4326") if self.kind in {"csv", "shapefile", "gdb"} else "EPSG:4326"

    def rows(self) -> list[Cells]:
        """Return rows of which every value follows from the rule that reads its column, and from the row."""
        return [{column: self._value(column, number) for column in self.columns} for number in range(1, ROWS + 1)]

    def shapes(self) -> list[shapely.Geometry]:
        """Return a geometry for each row, in the CRS of the data, in the middle of the area where the CRS is used."""
        to_srs = pyproj.Transformer.from_crs("EPSG:4326", self.srs, always_xy=True)
        area = pyproj.CRS(self.srs).area_of_use
        x, y = ((area.west + area.east) / 2, (area.south + area.north) / 2) if area else (10.0, 50.0)
        x, y = (x, y) if max(abs(x), abs(y)) > 1 else (x + 10, y + 50)  # near 0, 0 is nowhere
        places = [(x + number % 10 / 1000, y + number // 10 / 1000) for number in range(ROWS)]
        return [
            _shape(self.entry.layer, [to_srs.transform(*corner) for corner in _corners(*place)]) for place in places
        ]

    def _value(self, column: str, number: int) -> str:
        readers = [attribute for attribute, rule in self.entry.rules.items() if column in rule_columns(rule)]
        is_parsed = any(_is_parsed(self.entry.rules[attribute], column) for attribute in readers)
        return _text(readers[0] if readers else "", number, is_parsed=is_parsed)


def _corners(x: float, y: float) -> list[tuple[float, float]]:
    return [(x, y), (x + 0.0005, y), (x + 0.0005, y + 0.0005), (x, y + 0.0005)]


def _shape(layer: str, corners: list[tuple[float, float]]) -> shapely.Geometry:
    if layer == "addresses":
        return shapely.Point(corners[0])
    return shapely.LineString(corners[:3]) if layer == "centerlines" else shapely.Polygon(corners)


def _is_parsed(rule: object, column: str) -> bool:
    """Return whether a function takes text of a column apart."""
    if not isinstance(rule, Mapping):
        return False
    parts = {"regexp", "prefixed_number", "postfixed_street", "postfixed_unit"}
    steps = [step for step in rule.get("functions", []) if column in rule_columns(step)]
    return rule["function"] in parts or any(_is_parsed(step, column) for step in steps)


def _text(attribute: str, number: int, *, is_parsed: bool) -> str:
    if is_parsed:
        return f"{number} Main Street Unit {number % 9 + 1}, Town, IL {60000 + number}"
    names = {"number": str(number), "postcode": str(60000 + number), "accuracy": "1", "id": f"P{number}"}
    numbers = {"height", "levels", "speed"}
    return names.get(attribute, str(number % 50 + 1) if attribute in numbers else f"Main {attribute} {number}")


def read_sources(folder: Path, kind: str, count: int) -> list[RealSource]:
    """Return `count` entries of a kind, evenly spread over the definitions in the folder."""
    matching = [source for path in sorted(folder.rglob("*.json")) for source in _sources(path, folder, kind)]
    step = max(len(matching) // count, 1)
    return matching[::step][:count]


def _sources(path: Path, folder: Path, kind: str) -> Iterator[RealSource]:
    try:
        definition = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError:
        return
    if not isinstance(definition, dict) or "layers" not in definition or validate_definition(definition):
        return
    for item in entries(definition):
        try:
            entry = select_entry(definition, item.layer, item.name)
        except TaskFailure:
            continue
        source = RealSource(path.relative_to(folder).as_posix(), kind, definition, entry)
        if _kind(entry) == kind and _can_be_made(source):
            yield source


def _kind(entry: TaskEntry) -> str:
    return "ESRI" if entry.is_esri else entry.format.removesuffix("-polygon")


def _can_be_made(source: RealSource) -> bool:
    """Return whether data in the shape of the entry can be written here: names, CRS, coordinates, packing."""
    entry, columns = source.entry, source.columns
    if not columns or not entry.rules or entry.headers:
        return False
    if source.kind == "csv":
        return entry.layer == "addresses" and source.option("headers") in {None, 1}
    if source.kind == "shapefile":
        return entry.compression == "zip" and all(len(name.encode()) <= _DBF_NAME for name in columns)
    if source.kind == "gdb":
        return entry.compression == "zip" and all(name.isidentifier() and name.isascii() for name in columns)
    return entry.compression in {None, "zip"} and (source.kind != "ESRI" or "lat" not in entry.conform)
