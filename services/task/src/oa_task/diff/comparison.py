"""The differences between two outputs of one layer: counts, attribute coverage, and features with examples."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict, cast

import numpy as np
import polars as pl

from oa_shared.json_types import JsonMapping, JsonObject
from oa_shared.json_values import json_integer, json_object
from oa_task.features.batch import Attributes, Points
from oa_task.results.files import CHANGES_FILE, SOURCE_FILE
from oa_task.results.previous_result import PreviousFolder
from oa_task.runtime.failure import TaskFailure
from oa_task.write.changes import ChangesFile
from oa_task.write.feature_lines import FeatureLines, ForeignLinesError, read_feature_lines
from oa_task.write.lines import HASH_DIGITS, HEAD, OutputBatch


class OutputComparison(TypedDict):
    """Pairs are before and after; None is unknown. `fields` has the share of features with each attribute.

    `changes` has the number of features by kind of change. `changed_fields` has for each field that changed, `geometry`
    among them, how many features lost it, have another value, or gained it; `field_examples` has some of them
    (`change`, `before`, `after`, `feature`). `moved` features differ only in their place. `examples` has some
    features: objects with `feature`, and `before` if the feature changed.
    """

    count: list[int | None]
    valid: list[int | None]
    fields: dict[str, list[float | None]]
    changes: dict[str, int]
    changed_fields: dict[str, dict[str, int]]
    field_examples: dict[str, list[JsonObject]]
    moved: int
    not_compared: int
    examples: dict[str, list[JsonObject]]


def compare(before: PreviousFolder, after: PreviousFolder, work: Path, *, examples: int) -> OutputComparison:
    """Compare two outputs; return at most `examples` examples of each kind of change.

    Raises TaskFailure source.format if a folder has no output of this engine.
    """
    path = work / CHANGES_FILE
    changes = _write_changes(_features_of(before), _features_of(after), path)
    return {
        "count": _pair(before, after, "count"),
        "valid": _pair(before, after, "valid"),
        "fields": _coverages(before.manifest, after.manifest),
        "changes": changes.counts.by_kind(),
        "changed_fields": changes.counts.fields.by_name(),
        "field_examples": changes.examples.report(),
        "moved": changes.counts.fields.moved,
        "not_compared": changes.counts.not_compared,
        "examples": _examples(path, examples),
    }


def _features_of(output: PreviousFolder) -> Path:
    return output.folder / SOURCE_FILE


def _pair(before: PreviousFolder, after: PreviousFolder, name: str) -> list[int | None]:
    values = (output.manifest.get(name) for output in (before, after))
    return [value if isinstance(value, int) else None for value in values]


def _coverages(before: JsonMapping, after: JsonMapping) -> dict[str, list[float | None]]:
    names = dict.fromkeys([*json_object(before.get("fields")), *json_object(after.get("fields"))])
    return {name: [_coverage(manifest, name) for manifest in (before, after)] for name in names}


def _coverage(manifest: JsonMapping, name: str) -> float | None:
    filled = json_object(manifest.get("fields")).get(name)
    return None if filled is None else round(json_integer(filled) / max(json_integer(manifest.get("count")), 1), 4)


def _write_changes(before: Path, after: Path, path: Path) -> ChangesFile:
    """Write the changes as a job does."""
    file = ChangesFile(path, before, path.parent)
    if not file.counts.previous:
        file.abandon()
        raise TaskFailure("source.format", file.counts.reason)
    try:
        for lines in read_feature_lines(after):
            file.write(_batch(lines))
        file.close()
    except ForeignLinesError as error:
        file.abandon()
        raise TaskFailure("source.format", f"{after} cannot be compared: {error}") from error
    return file


def _batch(lines: FeatureLines) -> OutputBatch:
    """Return lines as a batch that has what the comparison reads: hashes and lines."""
    lines.hashes()
    try:
        texts = [lines.line(index).decode() for index in range(len(lines))]
    except UnicodeDecodeError as error:
        raise ForeignLinesError(f"a line is not JSON: {error}") from error
    missing = np.full(len(texts), np.nan)
    return OutputBatch(
        Attributes(pl.DataFrame()),
        Points(missing, missing),
        pl.Series(dtype=pl.String),
        pl.Series([text[len(HEAD) : len(HEAD) + HASH_DIGITS] for text in texts], dtype=pl.String),
        pl.Series([f"{text}\n" for text in texts], dtype=pl.String),
    )


def _examples(path: Path, limit: int) -> dict[str, list[JsonObject]]:
    examples: dict[str, list[JsonObject]] = {"added": [], "removed": [], "changed": []}
    for change in _read_changes(path):
        of_kind = examples.get(str(change["change"]))
        if of_kind is not None and len(of_kind) < limit:
            of_kind.append(_example(change))
    return examples


def _example(change: JsonObject) -> JsonObject:
    """Return the feature of a line of changes, and the feature before if it changed."""
    feature = json_object(change["feature"])
    if "before" not in change:
        return {"feature": feature}
    properties = {
        **json_object(feature["properties"]),
        **json_object(change["before"]),
        "hash": change["previous_hash"],
    }
    geometry = change.get("before_geometry", feature["geometry"])
    return {"feature": feature, "before": {"type": "Feature", "properties": properties, "geometry": geometry}}


def _read_changes(path: Path) -> Iterator[JsonObject]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield cast("JsonObject", json.loads(line))
