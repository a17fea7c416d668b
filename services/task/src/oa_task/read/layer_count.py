"""The rows of a layer against the number that its data announces: GDAL ends without a word where a file is damaged."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from oa_shared.value_text import plural
from oa_task.features.bad_rows import BadRows
from oa_task.read.gdal import pyogrio
from oa_task.runtime.failure import TaskFailure

_MAX_CHECKED = 200
LOST = "a row lost in a damaged part of the data"


@dataclass(slots=True)
class LayerCount:
    """The rows of a layer read so far; `announced` is -1 if its data announces no number."""

    path: Path
    layer: str
    format: str
    announced: int
    options: Mapping[str, str]
    rows: int = 0
    _last_id: int = -1
    _is_ascending: bool = True
    _empty: int = 0
    _first_empty: list[tuple[int, int]] = field(default_factory=list)

    def add(self, ids: np.ndarray, rows: np.ndarray, frame: pl.DataFrame, *, is_missing: np.ndarray) -> None:
        """Count features, given their IDs and input rows, their columns, and which of them lack a geometry."""
        self.rows += len(rows)
        if len(ids):
            self._is_ascending &= bool(ids[0] > self._last_id and (ids[1:] > ids[:-1]).all())
            self._last_id = int(ids[-1])
        if not is_missing.any():
            return
        is_empty = is_missing.copy()
        for column in frame.get_columns():
            is_empty &= (column == "").to_numpy()
        self._empty += int(is_empty.sum())
        room = _MAX_CHECKED - len(self._first_empty)
        first = np.flatnonzero(is_empty)[:room]
        self._first_empty += zip(ids[first].tolist(), rows[first].tolist(), strict=True)

    def check(self, bad_rows: BadRows) -> None:
        """Count the rows that a damaged part of the data took with it. Raises TaskFailure source.format."""
        self._refuse_repeated()
        self._check_empty(bad_rows)
        note_lost(bad_rows, self.rows, self._real_count(), f"{self.path.name} announces {self.announced:,}")
        if self.rows > self.announced > 0:
            bad_rows.warn(f"{self.path.name} announces {plural(self.announced, 'row')} and has {self.rows:,}")

    def _refuse_repeated(self) -> None:
        """Raise TaskFailure source.format if the rows of a table of a GeoPackage are not in the order of their IDs.

        SQLite keeps a table in that order; a damaged page leads to rows that it has read before. Views have any order.
        """
        if self.format != "gpkg" or self._is_ascending:
            return
        try:
            with self._open() as database:
                query = "SELECT type FROM sqlite_master WHERE lower(name) = lower(?)"
                is_view = ("view",) in database.execute(query, (self.layer,)).fetchall()
        except sqlite3.Error:
            is_view = False
        if not is_view:
            text = f"{self.path.name} is damaged: rows of the layer {self.layer} repeat or are out of order"
            raise TaskFailure("source.format", f"{text}; check what the URL returns")

    def _real_count(self) -> int:
        """Return the announced number, or the number of rows in the table of a GeoPackage, whose notes may be old."""
        if self.format != "gpkg" or self.rows >= self.announced:
            return self.announced
        try:
            with self._open() as database:
                name = self.layer.replace('"', '""')
                (count,) = database.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()  # noqa: S608 - no parameter can name a table
        except sqlite3.Error:
            return self.announced
        return int(count)

    def _open(self) -> closing[sqlite3.Connection]:
        address = f"{self.path.resolve().as_uri()}?mode=ro&immutable=1"
        return closing(sqlite3.connect(address, uri=True))

    def _check_empty(self, bad_rows: BadRows) -> None:
        """Count the rows that have no value at all, in any column, as bad ones."""
        sample = self._first_empty
        if not sample or self.format == "kml":  # GDAL gives each feature of KML a visibility.
            return
        try:
            _, _, columns = pyogrio.raw.read(
                self.path,
                layer=self.layer,
                fids=[feature for feature, _ in sample],
                read_geometry=False,
                **self.options,
            )[1:4]
        except (ValueError, pyogrio.errors.DataSourceError, pyogrio.errors.FeatureError) as error:
            reason = f"{self.path.name} has rows that cannot be read again: {error}"
            raise TaskFailure("source.format", reason) from error
        is_empty = np.logical_and.reduce([_is_null(column) for column in columns]) if len(columns) else np.array([])
        empty = [row for (_, row), flag in zip(sample, is_empty, strict=False) if flag]
        # Where all of the sample are empty, so are those beyond it, which are only counted.
        others = self._empty - len(sample) if len(empty) == len(sample) else 0
        reason = "a row without any value: the data is damaged there"
        bad_rows.note(reason, empty, code="source.format", others=others)


def note_lost(bad_rows: BadRows, read: int, announced: int, reason: str) -> None:
    """Count the rows that are announced and were not read as bad ones; they continue the input rows."""
    lost = announced - read
    if lost <= 0:
        return
    first = bad_rows.rows_read
    values = [f"{reason} rows, {read:,} can be read"]
    bad_rows.note(LOST, range(first, first + lost), values, code="source.format")
    bad_rows.rows_read += lost


def _is_null(column: np.ndarray) -> np.ndarray:
    """Return which values are null, as pyogrio writes it: None, NaN or NaT."""
    if column.dtype.kind == "M":
        flags: np.ndarray = np.isnat(column)
        return flags
    return np.array([value is None or value != value for value in column.tolist()], dtype=bool)  # noqa: PLR0124 - NaN
