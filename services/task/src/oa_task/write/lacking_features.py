"""The features that only one of two files has, on disk, in the order of their file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from xxhash import xxh3_64

from oa_task.write.feature_keys import FeatureKeys, KeySpool
from oa_task.write.feature_lines import read_feature_lines
from oa_task.write.gzip import GzipTextFile
from oa_task.write.line_spool import LineSpool
from oa_task.write.number_column import NumberColumn
from oa_task.write.occurrences import Multiset

_BLOCK = 10_000


class _SharedOrder:
    """The features that both files have, in the order of one of them."""

    def __init__(self) -> None:
        self.count = 0
        self._digest = xxh3_64()

    def add(self, hashes: np.ndarray, is_shared: np.ndarray) -> np.ndarray:
        """Add consecutive features; return for each that is not shared the number of shared ones before it."""
        self._digest.update(np.ascontiguousarray(hashes[is_shared]).tobytes())
        counts = self.count + np.cumsum(is_shared, dtype=np.int64)
        self.count = int(counts[-1]) if len(counts) else self.count
        gaps: np.ndarray = counts[~is_shared]
        return gaps

    def digest(self) -> int:
        """Return a number that is equal for equal orders."""
        return self._digest.intdigest()


@dataclass(frozen=True, slots=True)
class RemovedBlock:
    """Consecutive removed features: the index of the first, their lines, and their occurrence numbers."""

    start: int
    lines: list[bytes]
    occurrences: np.ndarray


class RemovedFeatures:
    """The features that only the previous file has."""

    def __init__(self, work: Path) -> None:
        self._lines = LineSpool(work / "removed.lines")
        self._hashes = NumberColumn(work / "removed-hashes")
        self._occurrences = NumberColumn(work / "removed-occurrences", np.uint32)
        self._keys = KeySpool(work, "removed")
        self._order = _SharedOrder()
        self.hashes = np.zeros(0, dtype=np.uint64)
        self._occurrence_numbers = np.zeros(0, dtype=np.uint32)

    def __len__(self) -> int:
        return len(self._lines)

    def collect(self, previous: Path, unchanged: Multiset) -> None:
        """Read the previous file; `unchanged` has the features that the new one has too."""
        for lines in read_feature_lines(previous):
            hashes = lines.hashes()
            is_unchanged, _, before = unchanged.take(hashes)
            gaps = self._order.add(hashes, is_unchanged)
            indexes = np.flatnonzero(~is_unchanged)
            texts = [lines.line(index) for index in indexes.tolist()]
            self._lines.append(texts)
            self._hashes.append(hashes[indexes])
            self._occurrences.append(before[indexes])
            self._keys.append(texts, gaps)
        self.finish()

    def finish(self) -> None:
        """End writing."""
        self._lines.finish()
        self.hashes = self._hashes.read()
        self._occurrence_numbers = self._occurrences.read()

    def keys(self) -> FeatureKeys:
        """Return the keys of the first features."""
        return self._keys.read()

    def left_out(self) -> int:
        """Return the number of features without keys."""
        return self._keys.left_out

    def order(self) -> int:
        """Return a number for the order of the features that both files have."""
        return self._order.digest()

    def line(self, index: int) -> bytes:
        """Return the line of a feature."""
        return self._lines.line(index)

    def blocks(self) -> Iterator[RemovedBlock]:
        """Yield all features in order."""
        for start in range(0, len(self), _BLOCK):
            end = min(start + _BLOCK, len(self))
            lines = [self._lines.line(index) for index in range(start, end)]
            yield RemovedBlock(start, lines, self._occurrence_numbers[start:end])

    def remove(self) -> None:
        """Remove the files."""
        self._lines.remove()
        self._hashes.remove()
        self._occurrences.remove()
        self._keys.remove()


class AddedFeatures:
    """The features that only the new file has."""

    def __init__(self, work: Path) -> None:
        self._spool = GzipTextFile(work / "added.jsonl.gz")
        self._order = _SharedOrder()
        self._hashes: list[np.ndarray] = []
        self._gaps: list[np.ndarray] = []
        self._keys = KeySpool(work, "added")
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def hashes(self) -> np.ndarray:
        """Return the hashes of the features."""
        return np.concatenate(self._hashes) if self._hashes else np.zeros(0, dtype=np.uint64)

    def write(self, lines: pl.Series, hashes: np.ndarray, is_shared: np.ndarray) -> None:
        """Keep those of a batch that the previous file lacks."""
        gaps = self._order.add(hashes, is_shared)
        if not len(gaps):
            return
        self._spool.write(lines.filter(pl.Series(~is_shared)))
        self._hashes.append(hashes[~is_shared])
        self._gaps.append(gaps)
        self._count += len(gaps)

    def finish(self) -> None:
        """End writing."""
        self._spool.close()

    def keys(self) -> FeatureKeys:
        """Return the keys of the first features."""
        gaps = np.concatenate(self._gaps) if self._gaps else np.zeros(0, dtype=np.int64)
        start = 0
        for lines in self.blocks():
            self._keys.append(lines, gaps[start : start + len(lines)])
            start += len(lines)
        return self._keys.read()

    def left_out(self) -> int:
        """Return the number of features without keys."""
        return self._keys.left_out

    def order(self) -> int:
        """Return a number for the order of the features that both files have."""
        return self._order.digest()

    def blocks(self) -> Iterator[list[bytes]]:
        """Yield the lines of all features in order."""
        if not self._count:
            return
        for lines in read_feature_lines(self._spool.path):
            yield [lines.line(index) for index in range(len(lines))]

    def remove(self) -> None:
        """Remove the files, finished or not."""
        self._spool.abandon()
        self._spool.path.unlink(missing_ok=True)
        self._keys.remove()
