"""`changes.jsonl.gz`: the differences from the data published before, feature by feature.

A feature is identified by its hash and, among equal ones, by the number of those before it in its file
(`id_occurrence`, from 0). A feature in only one of the two files was added or removed; an added and a removed feature
that are versions of one feature (`oa_task.write.feature_pairing`) are one changed feature. docs/engine.md, "Changes",
describes the lines.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from oa_shared.json_types import JsonObject
from oa_task.write.change_lines import added_line, changed_line, removed_line
from oa_task.write.contiguous import contiguous
from oa_task.write.delta import Delta
from oa_task.write.feature_lines import ForeignLinesError, hash_numbers, read_feature_lines
from oa_task.write.feature_pairing import pair_features
from oa_task.write.field_changes import FieldChanges, count_field_changes
from oa_task.write.field_examples import FieldExamples
from oa_task.write.gzip import GzipTextFile
from oa_task.write.lacking_features import AddedFeatures, RemovedFeatures
from oa_task.write.lines import HASH_DIGITS, OutputBatch
from oa_task.write.occurrences import Multiset, occurrence_numbers


@dataclass(slots=True)
class FeatureChangeCounts:
    """The number of features by kind of change, and what changed in the changed ones.

    Without a previous publication every feature counts as added, and none is listed. `reason` is why the previous data
    cannot be compared. `not_compared` is the number of features beyond the limit, which are added or removed.
    """

    previous: bool
    added: int = 0
    removed: int = 0
    changed: int = 0
    unchanged: int = 0
    not_compared: int = 0
    fields: FieldChanges = field(default_factory=FieldChanges)
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
        report: JsonObject = {"previous": self.previous, **self.by_kind()}
        if self.changed:
            report |= self.fields.report()
        if self.not_compared:
            report["not_compared"] = self.not_compared
        return {**report, "reason": self.reason} if self.reason else report


class ChangesFile:
    """Compares features with those of the previous file.

    Memory holds only numbers: 16 bytes for each previous feature, 24 for each one that only one of the files has, and
    about 100 for each of the latter while they are paired. `examples` has some values of each changed field.
    """

    def __init__(self, path: Path, previous: Path | None, work: Path, *, delta: Path | None = None) -> None:
        self._file = GzipTextFile(path)
        self._previous = previous
        self._known, reason = _read_hashes(previous)
        self.counts = FeatureChangeCounts(self._known is not None, reason=reason)
        self.examples = FieldExamples({})
        self._added = AddedFeatures(work)
        self._removed = RemovedFeatures(work)
        self._delta_path = delta

    def write(self, batch: OutputBatch) -> None:
        """Keep the features of a batch that are not in the previous file."""
        if self._known is None:
            self.counts.added += len(batch)
            return
        hashes = _hash_numbers(batch)
        is_known, _, _ = self._known.take(hashes)
        self.counts.unchanged += int(is_known.sum())
        self._added.write(batch.lines, hashes, is_known)

    def close(self) -> None:
        """Write the changes and, as the last line, the counts. Raises ForeignLinesError."""
        self._added.finish()
        if self._known is not None and self._previous is not None:
            self._write_changes(self._known, self._previous)
        summary = {"change": "summary", **self.counts.report()}
        self._file.write_bytes(json.dumps(summary).encode() + b"\n")
        self._file.close()
        self._remove_work()

    def abandon(self) -> None:
        """Remove the files written so far."""
        self._file.abandon()
        self._remove_work()

    def _remove_work(self) -> None:
        self._added.remove()
        self._removed.remove()

    def _write_changes(self, known: Multiset, previous: Path) -> None:
        if len(known.remaining_values()):
            self._removed.collect(previous, known.removed_values())
        else:
            self._removed.finish()
        predecessors = self._pair()
        is_changed = predecessors >= 0
        is_removed = np.ones(len(self._removed), dtype=bool)
        is_removed[predecessors[is_changed]] = False
        added = self._added.hashes
        delta = Delta(removed=self._removed.hashes[is_removed], added=added[~is_changed], changed=added[is_changed])
        occurrences = known.count_of(added) + occurrence_numbers(added)
        self.counts.changed = int(is_changed.sum())
        self.counts.added = len(added) - self.counts.changed
        self.counts.removed = int(is_removed.sum())
        self._write_removed(is_removed, delta)
        self._write_added(predecessors, occurrences, delta)
        if self._delta_path is not None:
            fields = {**self.counts.fields.report(), "examples": self.examples.report()}
            delta.write(self._delta_path, self.counts.by_kind(), fields)

    def _pair(self) -> np.ndarray:
        """Return for each added feature the index of the removed one that it replaces, -1 for a new one."""
        predecessors = np.full(len(self._added), -1, dtype=np.int32)
        if not len(self._removed) or not len(self._added):
            return predecessors
        removed, added = self._removed.keys(), self._added.keys()
        has_same_order = self._removed.order() == self._added.order()
        predecessors[: len(added)] = pair_features(removed, added, has_same_order=has_same_order)
        self.counts.fields = count_field_changes(removed, added, predecessors[: len(added)])
        self.counts.not_compared = self._removed.left_out() + self._added.left_out()
        self.examples = FieldExamples(self.counts.fields.examples)
        return predecessors

    def _write_removed(self, is_removed: np.ndarray, delta: Delta) -> None:
        for block in self._removed.blocks():
            mask = is_removed[block.start : block.start + len(block.lines)].tolist()
            rows = zip(block.lines, block.occurrences.tolist(), mask, strict=True)
            kept = [(line, occurrence) for line, occurrence, is_left in rows if is_left]
            for line, _ in kept:
                delta.show("removed", line)
            self._file.write_bytes(b"".join(removed_line(line, occurrence) for line, occurrence in kept))

    def _write_added(self, predecessors: np.ndarray, occurrences: np.ndarray, delta: Delta) -> None:
        index = 0
        for lines in self._added.blocks():
            end = index + len(lines)
            written = []
            pairs = zip(lines, predecessors[index:end].tolist(), occurrences[index:end].tolist(), strict=True)
            for line, predecessor, occurrence in pairs:
                if predecessor < 0:
                    written.append(added_line(line, occurrence))
                    delta.show("added", line)
                else:
                    before = self._removed.line(predecessor)
                    written.append(changed_line(line, occurrence, before))
                    delta.show("changed", line, before)
                    self.examples.add(index, line, before)
                index += 1
            self._file.write_bytes(b"".join(written))


def _read_hashes(previous: Path | None) -> tuple[Multiset | None, str]:
    if previous is None:
        return None, ""
    try:
        hashes = [lines.hashes() for lines in read_feature_lines(previous)]
        return Multiset(np.concatenate(hashes) if hashes else np.zeros(0, dtype=np.uint64)), ""
    except ForeignLinesError as error:
        return None, f"the data published before cannot be compared: {error}"


def _hash_numbers(batch: OutputBatch) -> np.ndarray:
    offsets, data = contiguous(batch.hashes)
    digits = np.frombuffer(data, dtype=np.uint8)[offsets[0] : offsets[-1]]
    return hash_numbers(digits.reshape(-1, HASH_DIGITS))
