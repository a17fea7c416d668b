"""`changes.jsonl.gz`: the differences from the data published before, feature by feature.

A feature is identified by its hash and, among equal ones, by the number of those before it in its file
(`id_occurrence`, from 0). A feature in only one of the two files was added or removed; an added and a removed feature
with the same id are one changed feature. docs/engine.md, "Changes", describes the lines.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from xxhash import xxh3_64_intdigest

from oa_shared.json_types import JsonObject
from oa_task.write.contiguous import contiguous
from oa_task.write.delta import Delta
from oa_task.write.feature_lines import ForeignLinesError, hash_numbers, read_feature_lines
from oa_task.write.gzip import GzipTextFile
from oa_task.write.lines import HASH_DIGITS, OutputBatch
from oa_task.write.occurrences import Multiset, occurrence_numbers

_ID_FIELDS = ("id", "pid")
_NO_ID = np.uint64(0)


@dataclass(slots=True)
class FeatureChangeCounts:
    """The number of features by kind of change.

    Without a previous publication every feature counts as added, and none is listed. `reason` is why the previous data
    cannot be compared.
    """

    previous: bool
    added: int = 0
    removed: int = 0
    changed: int = 0
    unchanged: int = 0
    reason: str = ""

    def by_kind(self) -> dict[str, int]:
        """Return the four counts by name."""
        return {
            "added": self.added,
            "removed": self.removed,
            "changed": self.changed,
            "unchanged": self.unchanged,
        }

    def report(self) -> JsonObject:
        """Return the counts for `stats.json`."""
        reason = {"reason": self.reason} if self.reason else {}
        return {"previous": self.previous, **self.by_kind(), **reason}


class ChangesFile:
    """Compares features with those of the previous file.

    Memory holds only 64-bit numbers: 16 bytes for each previous feature, and 16 for each feature that is new.
    """

    def __init__(self, path: Path, previous: Path | None, work: Path, *, delta: Path | None = None) -> None:
        self._file = GzipTextFile(path)
        self._previous = previous
        self._known, reason = _read_hashes(previous)
        self.counts = FeatureChangeCounts(self._known is not None, reason=reason)
        self._spool = GzipTextFile(work / "added.jsonl.gz")
        self._delta_path = delta
        self._delta = Delta()
        self._hashes: list[np.ndarray] = []
        self._ids: list[np.ndarray] = []

    def write(self, batch: OutputBatch) -> None:
        """Keep the features of a batch that are not in the previous file."""
        if self._known is None:
            self.counts.added += len(batch)
            return
        hashes = _hash_numbers(batch)
        is_known, _, _ = self._known.take(hashes)
        self.counts.unchanged += int(is_known.sum())
        if is_known.all():
            return
        self._spool.write(batch.lines.filter(pl.Series(~is_known)))
        self._hashes.append(hashes[~is_known])
        self._ids.append(_id_numbers(batch, ~is_known))

    def close(self) -> None:
        """Write the changes and, as the last line, the counts."""
        self._spool.close()
        if self._known is not None and self._previous is not None:
            self._write_changes(self._known, self._previous)
            if self._delta_path is not None:
                self._delta.write(self._delta_path, self.counts.by_kind())
        summary = {"change": "summary", **self.counts.report()}
        self._file.write_bytes(json.dumps(summary).encode() + b"\n")
        self._file.close()
        self._spool.path.unlink()

    def abandon(self) -> None:
        """Remove the files written so far."""
        self._file.abandon()
        self._spool.abandon()

    def _write_changes(self, known: Multiset, previous: Path) -> None:
        added = _AddedFeatures(_concatenate(self._hashes), _concatenate(self._ids), self._delta)
        limit = self._delta.max_hash(known.remaining_values())
        unchanged = known.removed_values()
        for lines in read_feature_lines(previous):
            hashes = lines.hashes()
            is_unchanged, _, before = unchanged.take(hashes)
            indexes = np.flatnonzero(~is_unchanged)
            is_shown = hashes[indexes] <= np.uint64(limit)
            self._write_removed([lines.line(index) for index in indexes.tolist()], before[indexes], added, is_shown)
        occurrences = known.count_of(added.hashes) + occurrence_numbers(added.hashes)
        start = 0
        for lines in read_feature_lines(self._spool.path):
            end = start + len(lines)
            texts = [lines.line(index) for index in range(len(lines))]
            previous_hashes = added.previous_hashes(start, end)
            self._write_added(texts, occurrences[start:end].tolist(), previous_hashes)
            for index in added.shown_indexes(start, end):
                change = "added" if previous_hashes[index - start] is None else "changed"
                self._delta.show(change, texts[index - start], successor=index)
            start = end

    def _write_removed(
        self, lines: list[bytes], occurrences: np.ndarray, added: "_AddedFeatures", is_shown: np.ndarray
    ) -> None:
        """Write the lines that no added feature replaces."""
        is_replaced = added.pair(lines)
        for index in np.flatnonzero(is_shown & ~is_replaced).tolist():
            self._delta.show("removed", lines[index])
        removed = [
            b'{"change": "removed", "id_occurrence": %d, "feature": %s}\n' % (occurrence, line)
            for line, occurrence, is_paired in zip(lines, occurrences.tolist(), is_replaced.tolist(), strict=True)
            if not is_paired
        ]
        self.counts.removed += len(removed)
        self._file.write_bytes(b"".join(removed))

    def _write_added(self, lines: list[bytes], occurrences: list[int], previous_hashes: list[int | None]) -> None:
        changed = sum(number is not None for number in previous_hashes)
        self.counts.changed += changed
        self.counts.added += len(lines) - changed
        self._file.write_bytes(b"".join(map(_added_line, lines, occurrences, previous_hashes)))


def _added_line(line: bytes, occurrence: int, previous_hash: int | None) -> bytes:
    if previous_hash is None:
        return b'{"change": "added", "id_occurrence": %d, "feature": %s}\n' % (occurrence, line)
    values = (occurrence, previous_hash, line)
    return b'{"change": "changed", "id_occurrence": %d, "previous_hash": "%016x", "feature": %s}\n' % values


class _AddedFeatures:
    """The features that the previous file lacks, and the previous feature that each of them replaces, by id."""

    def __init__(self, hashes: np.ndarray, ids: np.ndarray, delta: Delta) -> None:
        self.hashes = hashes
        self._delta = delta
        self._is_shown = hashes <= np.uint64(delta.max_hash(hashes))
        self._order = np.argsort(ids, kind="stable")
        self._ids = Multiset(ids)
        self._starts = np.concatenate(([0], np.cumsum(self._ids.counts, dtype=np.int64)))
        self._previous = np.zeros(len(hashes), dtype=np.uint64)
        self._is_changed = np.zeros(len(hashes), dtype=bool)

    def pair(self, lines: list[bytes]) -> np.ndarray:
        """Pair removed features with the first unpaired added ones of the same id; return the mask of paired ones."""
        properties = [json.loads(line)["properties"] for line in lines]
        name = next((field for field in _ID_FIELDS if properties and field in properties[0]), "")
        numbers = np.array([_id_number(item.get(name)) for item in properties], dtype=np.uint64)
        is_left, positions, before = self._ids.take(numbers)
        paired: np.ndarray = is_left & (numbers != _NO_ID)
        successors = self._order[self._starts[positions[paired]] + before[paired]]
        hashes = [
            int(item["hash"], 16) for item, is_paired in zip(properties, paired.tolist(), strict=True) if is_paired
        ]
        self._previous[successors] = np.array(hashes, dtype=np.uint64)
        self._is_changed[successors] = True
        for index, successor in zip(np.flatnonzero(paired).tolist(), successors.tolist(), strict=True):
            if self._is_shown[successor]:
                self._delta.keep_earlier(successor, json.loads(lines[index]))
        return paired

    def shown_indexes(self, start: int, end: int) -> list[int]:
        """Return the indexes in a range of the added features that the map shows."""
        indexes: list[int] = (np.flatnonzero(self._is_shown[start:end]) + start).tolist()
        return indexes

    def previous_hashes(self, start: int, end: int) -> list[int | None]:
        """Return for a range of the added features the hash of the feature that each replaces, None for a new one."""
        pairs = zip(self._previous[start:end].tolist(), self._is_changed[start:end].tolist(), strict=True)
        return [number if is_changed else None for number, is_changed in pairs]


def _read_hashes(previous: Path | None) -> tuple[Multiset | None, str]:
    if previous is None:
        return None, ""
    try:
        return Multiset(_concatenate([lines.hashes() for lines in read_feature_lines(previous)])), ""
    except ForeignLinesError as error:
        return None, f"the data published before cannot be compared: {error}"


def _hash_numbers(batch: OutputBatch) -> np.ndarray:
    offsets, data = contiguous(batch.hashes)
    digits = np.frombuffer(data, dtype=np.uint8)[offsets[0] : offsets[-1]]
    return hash_numbers(digits.reshape(-1, HASH_DIGITS))


def _id_numbers(batch: OutputBatch, mask: np.ndarray) -> np.ndarray:
    name = next((field for field in _ID_FIELDS if field in batch.attributes.frame.columns), None)
    if name is None:
        return np.zeros(int(mask.sum()), dtype=np.uint64)
    texts = batch.attributes.frame[name].filter(pl.Series(mask)).to_list()
    is_encoded = name in batch.attributes.encoded
    return np.array([_id_number(json.loads(text) if is_encoded and text else text) for text in texts], dtype=np.uint64)


def _id_number(value: object) -> np.uint64:
    return _NO_ID if value in ("", None) else np.uint64(xxh3_64_intdigest(str(value).encode()))


def _concatenate(arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.uint64)
