"""Versions of a dataset for tests of changes: rows of attributes and places, written as the engine writes them."""

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from oa_task.features.batch import Attributes, Points
from oa_task.write.changes import ChangesFile, FeatureChangeCounts
from oa_task.write.gzip import GzipTextFile
from oa_task.write.lines import OutputBatch, output_batch

FIELDS = ("number", "street", "unit", "city", "id")
Row = dict[str, Any]
"""A feature: its attributes, and `x` and `y`, without which it has no geometry."""


@dataclass(frozen=True)
class WrittenChanges:
    """What the engine writes of two versions."""

    counts: FeatureChangeCounts
    lines: list[dict[str, Any]]
    delta: dict[str, Any]

    @property
    def by_kind(self) -> tuple[int, int, int, int]:
        """Return the numbers of added, removed, changed and unchanged features."""
        added, removed, changed, unchanged = self.counts.by_kind().values()
        return added, removed, changed, unchanged

    @property
    def fields(self) -> dict[str, dict[str, int]]:
        """Return the counts that are not 0, by field."""
        counts = {
            name: {str(kind): n for kind, n in kinds.items() if n} for name, kinds in self.counts.fields.counts.items()
        }
        return {name: kinds for name, kinds in counts.items() if kinds}


def feature_batch(rows: list[Row]) -> OutputBatch:
    """Return rows as a batch."""
    frame = pl.DataFrame(
        {name: [row.get(name) for row in rows] for name in FIELDS}, schema=dict.fromkeys(FIELDS, pl.String)
    )
    x, y = (np.array([row.get(axis, np.nan) for row in rows], dtype=float) for axis in "xy")
    return output_batch(Attributes(frame), Points(x, y), "addresses")


def write_version(path: Path, rows: list[Row]) -> Path:
    """Write rows as a published file."""
    file = GzipTextFile(path)
    file.write(feature_batch(rows).lines)
    file.close()
    return path


def write_changes(folder: Path, before: list[Row], after: list[Row], *, cut: int = 0) -> WrittenChanges:
    """Compare two versions; the new one comes in two batches."""
    path, delta = folder / "changes.jsonl.gz", folder / "delta.geojson"
    file = ChangesFile(path, write_version(folder / "before.gz", before), folder, delta=delta)
    for rows in (after[:cut], after[cut:]):
        file.write(feature_batch(rows))
    file.close()
    lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    return WrittenChanges(file.counts, lines, json.loads(delta.read_text()))


def make_street_rows(count: int) -> list[Row]:
    """Return addresses without ids on streets of 40, at different places."""
    return [
        {
            "number": str(1 + 2 * (place % 40)),
            "street": f"Street {place // 40}",
            "city": f"City {place // 400}",
            "x": round(-90 + place * 0.0007, 7),
            "y": round(40 + (place % 40) * 0.0003, 7),
        }
        for place in range(count)
    ]
