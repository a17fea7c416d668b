"""What differs between two outputs of one layer: counts, fill rates, and features with examples."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from oa_task.features.batch import Attributes, Points
from oa_task.results.files import SOURCE_FILE
from oa_task.results.previous_result import PreviousFolder
from oa_task.runtime.failure import TaskFailure
from oa_task.write.changes import ChangesFile
from oa_task.write.feature_lines import FeatureLines, ForeignLinesError, read_feature_lines
from oa_task.write.lines import HASH_DIGITS, HEAD, OutputBatch

_ID_FIELDS = ("id", "pid")
Json = dict[str, Any]


def compare(before: PreviousFolder, after: PreviousFolder, work: Path, *, examples: int) -> Json:
    """Return `count`, `valid`, `fields`, `changes` and `examples`: at most so many of each kind of change.

    Raises TaskFailure source.format where one of the two is no output of this engine.
    """
    path = work / "changes.jsonl.gz"
    changes = _changes(_lines_file(before), _lines_file(after), path)
    found = _examples(path, examples)
    _add_earlier(found["changed"], _lines_file(before))
    return {
        "count": _pair(before, after, "count"),
        "valid": _pair(before, after, "valid"),
        "fields": _fields(before.manifest, after.manifest),
        "changes": changes,
        "examples": found,
    }


def _lines_file(side: PreviousFolder) -> Path:
    return side.folder / SOURCE_FILE


def _pair(before: PreviousFolder, after: PreviousFolder, name: str) -> list[int | None]:
    return [side.manifest.get(name) for side in (before, after)]


def _fields(before: Any, after: Any) -> dict[str, list[float | None]]:
    """Return the share of features that have each attribute, before and after; None where it is unknown."""
    names = dict.fromkeys([*before.get("fields", {}), *after.get("fields", {})])
    return {name: [_share(side, name) for side in (before, after)] for name in names}


def _share(manifest: Any, name: str) -> float | None:
    filled = manifest.get("fields", {}).get(name)
    return None if filled is None else round(filled / max(manifest.get("count", 0), 1), 4)


def _changes(before: Path, after: Path, path: Path) -> Json:
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
    return {name: count for name, count in file.counts.report().items() if name != "previous"}


def _batch(lines: FeatureLines) -> OutputBatch:
    """Return lines as the pass over a source has them, as far as comparing needs them."""
    lines.hashes()
    try:
        texts = [lines.line(place).decode() for place in range(len(lines))]
        properties = [json.loads(text)["properties"] for text in texts]
    except ValueError as error:
        raise ForeignLinesError(f"a line is not JSON: {error}") from error
    name = next((field for field in _ID_FIELDS if properties and field in properties[0]), _ID_FIELDS[0])
    ids = [json.dumps(item.get(name)) for item in properties]
    nowhere = np.full(len(texts), np.nan)
    return OutputBatch(
        Attributes(pl.DataFrame({name: ids}, schema={name: pl.String}), frozenset({name})),
        Points(nowhere, nowhere),
        pl.Series(dtype=pl.String),
        pl.Series([text[len(HEAD) : len(HEAD) + HASH_DIGITS] for text in texts], dtype=pl.String),
        pl.Series([f"{text}\n" for text in texts], dtype=pl.String),
    )


def _examples(path: Path, most: int) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = {"added": [], "removed": [], "changed": []}
    for change in _told(path):
        some = found.get(change["change"])
        if some is not None and len(some) < most:
            some.append({key: change[key] for key in ("previous_hash", "feature") if key in change})
    return found


def _told(path: Path) -> Iterator[Json]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _add_earlier(changed: list[Json], before: Path) -> None:
    """Put beside each changed feature what it was before."""
    wanted = {change.pop("previous_hash"): change for change in changed}
    for lines in read_feature_lines(before):
        if not wanted:
            return
        numbers = lines.hashes()
        for place in np.flatnonzero(np.isin(numbers, [int(text, 16) for text in wanted])).tolist():
            change = wanted.pop(f"{numbers[place]:016x}", None)
            if change is not None:
                change["before"] = json.loads(lines.line(place))
