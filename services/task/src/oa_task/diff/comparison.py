"""The differences between two outputs of one layer: counts, attribute coverage, and features with examples."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict, cast

import numpy as np
import polars as pl

from oa_shared.json_types import JsonMapping, JsonObject
from oa_task.features.batch import Attributes, Points
from oa_task.results.files import CHANGES_FILE, SOURCE_FILE
from oa_task.results.previous_result import PreviousFolder
from oa_task.runtime.failure import TaskFailure
from oa_task.runtime.json_values import json_integer, json_object
from oa_task.write.changes import ChangesFile
from oa_task.write.feature_lines import FeatureLines, ForeignLinesError, read_feature_lines
from oa_task.write.lines import HASH_DIGITS, HEAD, OutputBatch

_ID_FIELDS = ("id", "pid")


class OutputComparison(TypedDict):
    """Pairs are before and after; None is unknown. `fields` has the share of features with each attribute.

    `changes` has the number of features by kind of change, and `examples` some of them: objects with `feature`, and
    `before` if the feature changed.
    """

    count: list[int | None]
    valid: list[int | None]
    fields: dict[str, list[float | None]]
    changes: dict[str, int]
    examples: dict[str, list[JsonObject]]


def compare(before: PreviousFolder, after: PreviousFolder, work: Path, *, examples: int) -> OutputComparison:
    """Compare two outputs; return at most `examples` examples of each kind of change.

    Raises TaskFailure source.format if a folder has no output of this engine.
    """
    path = work / CHANGES_FILE
    changes = _write_changes(_features_of(before), _features_of(after), path)
    samples = _examples(path, examples)
    _add_earlier_features(samples["changed"], _features_of(before))
    return {
        "count": _pair(before, after, "count"),
        "valid": _pair(before, after, "valid"),
        "fields": _coverages(before.manifest, after.manifest),
        "changes": changes,
        "examples": samples,
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


def _write_changes(before: Path, after: Path, path: Path) -> dict[str, int]:
    """Write the changes as a job does and return their counts."""
    file = ChangesFile(path, before, path.parent)
    if not file.counts.previous:
        file.abandon()
        raise TaskFailure("source.format", file.counts.reason)
    try:
        for lines in read_feature_lines(after):
            file.write(_batch(lines))
    except ForeignLinesError as error:
        file.abandon()
        raise TaskFailure("source.format", f"{after} cannot be compared: {error}") from error
    file.close()
    return file.counts.by_kind()


def _batch(lines: FeatureLines) -> OutputBatch:
    """Return lines as a batch that has what the comparison reads: ids, hashes and lines."""
    lines.hashes()
    try:
        texts = [lines.line(index).decode() for index in range(len(lines))]
        properties = [json.loads(text)["properties"] for text in texts]
    except ValueError as error:
        raise ForeignLinesError(f"a line is not JSON: {error}") from error
    name = next((field for field in _ID_FIELDS if properties and field in properties[0]), _ID_FIELDS[0])
    ids = [json.dumps(item.get(name)) for item in properties]
    missing = np.full(len(texts), np.nan)
    return OutputBatch(
        Attributes(pl.DataFrame({name: ids}, schema={name: pl.String}), frozenset({name})),
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
            of_kind.append({key: change[key] for key in ("previous_hash", "feature") if key in change})
    return examples


def _read_changes(path: Path) -> Iterator[JsonObject]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield cast("JsonObject", json.loads(line))


def _add_earlier_features(changed: list[JsonObject], before: Path) -> None:
    """Replace `previous_hash` of each example by `before`, the feature before the change."""
    by_hash = {str(change.pop("previous_hash")): change for change in changed}
    for lines in read_feature_lines(before):
        if not by_hash:
            return
        numbers = lines.hashes()
        for index in np.flatnonzero(np.isin(numbers, [int(text, 16) for text in by_hash])).tolist():
            change = by_hash.pop(f"{numbers[index]:016x}", None)
            if change is not None:
                change["before"] = json.loads(lines.line(index))
