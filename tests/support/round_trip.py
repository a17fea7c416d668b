"""One conversion of random rows, and what its outputs must contain by the plain reference."""

import gzip
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import shapely

from bench.reference.rows import RowRules
from oa_task.conform.missing_columns import missing_columns
from oa_task.conversion.convert import convert
from oa_task.definition.task_entry import TaskEntry
from support.layer_files import Cell, LayerFormat, Rows

_WITHOUT = frozenset({"tiles", "preview", "profile"})
_NUMBER = re.compile(
    r"[0-9]+[a-z]?|[0-9]+-[0-9]+[a-z]?|[0-9]+[nsew][0-9]+|[nsew][0-9]+[nsew][0-9]+|[0-9]+к[0-9]+", re.ASCII
)
Feature = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """A source: its format, layer and rules, with the names that the format gives the columns."""

    format: LayerFormat
    layer: str
    rules: dict[str, Any]

    @property
    def entry(self) -> TaskEntry:
        """Return the entry."""
        return TaskEntry(
            self.layer,
            "x",
            ("http://x/",),
            self.format.protocol,
            self.format.compression,
            {**self.format.conform, **self.rules},
            self.rules,
        )

    def expected_features(self, rows: Rows, shapes: list[shapely.Geometry]) -> list[Feature]:
        """Return the features that the rows become, by the reference."""
        coordinates = ["X", "Y"] if not self.format.is_typed else []
        names = [*rows[0], *coordinates]
        rules = RowRules(self.layer, self.rules, names, self._real_columns(rows))
        absent = [] if self.entry.has_schema else [item.column for item in missing_columns(self.entry, names)]
        features = []
        for row, shape in zip(rows, shapes, strict=True):
            texts = {name: self._text(value) for name, value in row.items()}
            texts |= {"X": repr(shape.x), "Y": repr(shape.y)} if coordinates else {}
            texts |= dict.fromkeys(absent, "")
            features.append({"properties": rules.properties(texts), "geometry": _round_shape(shape)})
        return features

    def run(self, folder: Path, rows: Rows, shapes: list[shapely.Geometry], previous: Path | None) -> dict[str, Any]:
        """Convert the rows into the folder; return the counts. Raises TaskFailure."""
        for name in ("raw", "work", "out"):
            (folder / name).mkdir(parents=True)
        raw = self.format.write(folder / "raw", rows, shapes)
        return convert(
            [raw],
            self.entry,
            work=folder / "work",
            out=folder / "out",
            on_progress=lambda _count: None,
            previous=previous,
            without=_WITHOUT,
        )

    def _real_columns(self, rows: Rows) -> frozenset[str]:
        has_reals = self.format.is_typed and not (self.format.conform["format"] == "geojson" and not self.entry.is_esri)
        return frozenset(name for name, value in rows[0].items() if isinstance(value, float) and has_reals)

    def _text(self, value: Cell) -> str:
        if isinstance(value, float) and self.format.conform["format"] == "geojson" and not self.entry.is_esri:
            return str(int(value)) if value.is_integer() else str(value)
        return "" if value is None else self.format.text(value) if isinstance(value, str) else str(value)


def _round_shape(shape: shapely.Geometry) -> Any:
    return shapely.transform(shape, lambda pairs: [[round(x, 7), round(y, 7)] for x, y in pairs.tolist()])


def read_lines(path: Path) -> list[Feature]:
    """Return the objects of a gzip file with one JSON text per line."""
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def differences(out: Path, expected: list[Feature], layer: str) -> list[str]:
    """Return what of `source.geojson.gz`, `source.parquet` and `validated.geojson.gz` differs from the expectation."""
    source = read_lines(out / "source.geojson.gz")
    return [
        *_source_differences(source, expected),
        *_parquet_differences(pq.read_table(out / "source.parquet").to_pylist(), source),
        *_validated_differences(read_lines(out / "validated.geojson.gz"), source, layer),
    ]


def _source_differences(source: list[Feature], expected: list[Feature]) -> list[str]:
    if len(source) != len(expected):
        return [f"{len(source)} features from {len(expected)} rows"]
    problems = []
    for number, (line, wanted) in enumerate(zip(source, expected, strict=True), 1):
        properties = {name: value for name, value in line["properties"].items() if name != "hash"}
        if json.dumps(properties) != json.dumps(wanted["properties"]):
            problems.append(f"row {number}: {properties}, expected {wanted['properties']}")
        if not shapely.equals(shapely.from_geojson(json.dumps(line["geometry"])), wanted["geometry"]):
            problems.append(f"row {number}: {line['geometry']}, expected {wanted['geometry']}")
    return problems


def _parquet_differences(table: list[dict[str, Any]], source: list[Feature]) -> list[str]:
    if len(table) != len(source):
        return [f"{len(table)} rows of Parquet from {len(source)} features"]
    problems = []
    for number, (row, line) in enumerate(zip(table, source, strict=True), 1):
        wanted = {name: _plain(value) for name, value in line["properties"].items()}
        actual = {name: row[name] for name in wanted}
        if actual != wanted:
            problems.append(f"row {number} of Parquet: {actual}, expected {wanted}")
        if not shapely.equals(shapely.from_wkb(row["geometry"]), shapely.from_geojson(json.dumps(line["geometry"]))):
            problems.append(f"row {number} of Parquet: another geometry")
    return problems


def _plain(value: Any) -> str | None:
    if value in ("", None):
        return None
    return value if isinstance(value, str) else json.dumps(value)


def _validated_differences(validated: list[Feature], source: list[Feature], layer: str) -> list[str]:
    wanted = [normalized for line in source if (normalized := _validate_line(line, layer)) is not None]
    return [] if validated == wanted else [f"validated: {validated}, expected {wanted}"]


def _validate_line(line: Feature, layer: str) -> Feature | None:
    """Return the line as a valid feature, None if it is not valid; all geometries of this test are."""
    if layer != "addresses":
        return line
    properties = line["properties"]
    number = re.sub(r"^([0-9]+)\s+([a-z])$", r"\1\2", properties["number"].lower().strip())
    is_valid = len(number) <= 10 and _NUMBER.fullmatch(number) and properties["street"].strip()
    return {**line, "properties": {**properties, "number": number}} if is_valid else None


def change_differences(changes: list[Feature], before: list[Feature], after: list[Feature]) -> list[str]:
    """Return whether the changes, applied to the earlier features, fail to give the later ones, or miscount them."""
    *listed, summary = changes
    kinds = {kind: [item for item in listed if item["change"] == kind] for kind in ("added", "removed", "changed")}
    hashes = Counter(line["properties"]["hash"] for line in before)
    hashes.subtract(item["feature"]["properties"]["hash"] for item in kinds["removed"])
    hashes.subtract(item["previous_hash"] for item in kinds["changed"])
    hashes.update(item["feature"]["properties"]["hash"] for item in kinds["added"] + kinds["changed"])
    problems = [] if +hashes == Counter(line["properties"]["hash"] for line in after) else ["changes do not apply"]
    known = {json.dumps(line) for line in before + after}
    problems += [f"unknown feature {item}" for item in listed if json.dumps(item["feature"]) not in known]
    counts = {kind: len(items) for kind, items in kinds.items()}
    counts["unchanged"] = len(before) - counts["removed"] - counts["changed"]
    return problems + [
        f"{kind}: {summary[kind]}, listed {count}" for kind, count in counts.items() if summary[kind] != count
    ]
