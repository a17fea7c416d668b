"""`changes.jsonl.gz`: what differs from the data published before, feature by feature.

A feature is known by its hash and, where equal ones repeat, by how many came before it in its file
(`id_occurrence`, from 0). What only one of the two files has was added or removed; an added and a removed feature
with the same id are one changed feature. The form of the lines is in docs/engine.md, "Changes".
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from xxhash import xxh3_64_intdigest

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
    """How many features differ. Without a previous publication every feature is added, and none is listed."""

    previous: bool
    added: int = 0
    removed: int = 0
    changed: int = 0
    unchanged: int = 0
    reason: str = ""

    def report(self) -> dict[str, Any]:
        """Return the counts as JSON holds them."""
        found = asdict(self)
        return found if self.reason else {name: value for name, value in found.items() if name != "reason"}


class ChangesFile:
    """Compares the features that pass with those of the previous file.

    Memory holds 64-bit numbers only: 16 bytes for each previous feature, 16 for each new one that it lacks.
    """

    def __init__(self, path: Path, previous: Path | None, work: Path, *, delta: Path | None = None) -> None:
        self._file = GzipTextFile(path)
        self._previous = previous
        self._known, reason = _hashes_of(previous)
        self.counts = FeatureChangeCounts(self._known is not None, reason=reason)
        self._spool = GzipTextFile(work / "added.jsonl.gz")
        self._delta_path = delta
        self._delta = Delta()
        self._hashes: list[np.ndarray] = []
        self._ids: list[np.ndarray] = []

    def write(self, batch: OutputBatch) -> None:
        """Note which features of a batch are not in the previous file."""
        if self._known is None:
            self.counts.added += len(batch)
            return
        hashes = _numbers(batch)
        there, _, _ = self._known.take(hashes)
        self.counts.unchanged += int(there.sum())
        if there.all():
            return
        self._spool.write(batch.lines.filter(pl.Series(~there)))
        self._hashes.append(hashes[~there])
        self._ids.append(_ids(batch, ~there))

    def close(self) -> None:
        """Write the changes and, as the last line, the counts."""
        self._spool.close()
        if self._known is not None and self._previous is not None:
            self._write_changes(self._known, self._previous)
            if self._delta_path is not None:
                self._delta.write(self._delta_path, asdict(self.counts))
        summary = {"change": "summary", **self.counts.report()}
        self._file.write_bytes(json.dumps(summary).encode() + b"\n")
        self._file.close()
        self._spool.path.unlink()

    def abandon(self) -> None:
        """Remove what was written."""
        self._file.abandon()
        self._spool.abandon()

    def _write_changes(self, known: Multiset, previous: Path) -> None:
        added = _Added(_all(self._hashes), _all(self._ids), self._delta)
        limit = self._delta.limit(known.left())
        kept = known.matched()
        for lines in read_feature_lines(previous):
            hashes = lines.hashes()
            there, _, before = kept.take(hashes)
            places = np.flatnonzero(~there)
            is_shown = hashes[places] <= np.uint64(limit)
            self._write_removed([lines.line(place) for place in places.tolist()], before[places], added, is_shown)
        occurrences = known.count_of(added.hashes) + occurrence_numbers(added.hashes)
        start = 0
        for lines in read_feature_lines(self._spool.path):
            end = start + len(lines)
            texts = [lines.line(place) for place in range(len(lines))]
            previous_hashes = added.previous_hashes(start, end)
            self._write_added(texts, occurrences[start:end].tolist(), previous_hashes)
            for place in added.shown(start, end):
                change = "added" if previous_hashes[place - start] is None else "changed"
                self._delta.show(change, texts[place - start], successor=place)
            start = end

    def _write_removed(
        self, lines: list[bytes], occurrences: np.ndarray, added: "_Added", is_shown: np.ndarray
    ) -> None:
        """Write the lines that no added feature takes the place of."""
        is_followed = added.pair(lines)
        has_successor = is_followed.tolist()
        for place in np.flatnonzero(is_shown & ~is_followed).tolist():
            self._delta.show("removed", lines[place])
        told = [
            b'{"change": "removed", "id_occurrence": %d, "feature": %s}\n' % (occurrence, line)
            for line, occurrence, is_paired in zip(lines, occurrences.tolist(), has_successor, strict=True)
            if not is_paired
        ]
        self.counts.removed += len(told)
        self._file.write_bytes(b"".join(told))

    def _write_added(self, lines: list[bytes], occurrences: list[int], previous_hashes: list[int | None]) -> None:
        changed = sum(number is not None for number in previous_hashes)
        self.counts.changed += changed
        self.counts.added += len(lines) - changed
        self._file.write_bytes(b"".join(map(_added_line, lines, occurrences, previous_hashes)))


def _added_line(line: bytes, occurrence: int, previous_hash: int | None) -> bytes:
    if previous_hash is None:
        return b'{"change": "added", "id_occurrence": %d, "feature": %s}\n' % (occurrence, line)
    told = (occurrence, previous_hash, line)
    return b'{"change": "changed", "id_occurrence": %d, "previous_hash": "%016x", "feature": %s}\n' % told


class _Added:
    """The features that the previous file lacks, and which of its features each takes the place of, by id."""

    def __init__(self, hashes: np.ndarray, ids: np.ndarray, delta: Delta) -> None:
        self.hashes = hashes
        self._delta = delta
        self._is_shown = hashes <= np.uint64(delta.limit(hashes))
        self._order = np.argsort(ids, kind="stable")
        self._ids = Multiset(ids)
        self._starts = np.concatenate(([0], np.cumsum(self._ids.counts, dtype=np.int64)))
        self._previous = np.zeros(len(hashes), dtype=np.uint64)
        self._is_changed = np.zeros(len(hashes), dtype=bool)

    def pair(self, lines: list[bytes]) -> np.ndarray:
        """Pair removed features with the first unpaired ones of their ids; return which have one."""
        properties = [json.loads(line)["properties"] for line in lines]
        name = next((field for field in _ID_FIELDS if properties and field in properties[0]), "")
        numbers = np.array([_id_number(item.get(name)) for item in properties], dtype=np.uint64)
        there, places, before = self._ids.take(numbers)
        paired: np.ndarray = there & (numbers != _NO_ID)
        successors = self._order[self._starts[places[paired]] + before[paired]]
        hashes = [
            int(item["hash"], 16) for item, is_paired in zip(properties, paired.tolist(), strict=True) if is_paired
        ]
        self._previous[successors] = np.array(hashes, dtype=np.uint64)
        self._is_changed[successors] = True
        for place, successor in zip(np.flatnonzero(paired).tolist(), successors.tolist(), strict=True):
            if self._is_shown[successor]:
                self._delta.note_earlier(successor, json.loads(lines[place]))
        return paired

    def shown(self, start: int, end: int) -> list[int]:
        """Return which of a range of the added are shown on the map."""
        found: list[int] = (np.flatnonzero(self._is_shown[start:end]) + start).tolist()
        return found

    def previous_hashes(self, start: int, end: int) -> list[int | None]:
        """Return for a range of the added the hash of the feature that each takes the place of, None without one."""
        pairs = zip(self._previous[start:end].tolist(), self._is_changed[start:end].tolist(), strict=True)
        return [number if is_changed else None for number, is_changed in pairs]


def _hashes_of(previous: Path | None) -> tuple[Multiset | None, str]:
    if previous is None:
        return None, ""
    try:
        return Multiset(_all([lines.hashes() for lines in read_feature_lines(previous)])), ""
    except ForeignLinesError as error:
        return None, f"the data published before cannot be compared: {error}"


def _numbers(batch: OutputBatch) -> np.ndarray:
    offsets, data = contiguous(batch.hashes)
    digits = np.frombuffer(data, dtype=np.uint8)[offsets[0] : offsets[-1]]
    return hash_numbers(digits.reshape(-1, HASH_DIGITS))


def _ids(batch: OutputBatch, mask: np.ndarray) -> np.ndarray:
    name = next((field for field in _ID_FIELDS if field in batch.attributes.frame.columns), None)
    if name is None:
        return np.zeros(int(mask.sum()), dtype=np.uint64)
    texts = batch.attributes.frame[name].filter(pl.Series(mask)).to_list()
    is_encoded = name in batch.attributes.encoded
    return np.array([_id_number(json.loads(text) if is_encoded and text else text) for text in texts], dtype=np.uint64)


def _id_number(value: Any) -> np.uint64:
    return _NO_ID if value in ("", None) else np.uint64(xxh3_64_intdigest(str(value).encode()))


def _all(arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.uint64)
