"""Conforming of all batches of a job."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import replace

import polars as pl

from oa_task.conform.data_age import year_warnings
from oa_task.conform.missing_columns import check_columns, missing_columns
from oa_task.conform.rows import conform_batch
from oa_task.definition.task_entry import TaskEntry
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import Attributes, FeatureBatch
from oa_task.runtime.failure import TaskFailure


class Conformer:
    """Conforms batches, and checks the columns of each part of the data; `warnings` belong in the report."""

    def __init__(self, entry: TaskEntry, bad_rows: BadRows) -> None:
        self.warnings = year_warnings(entry.year, dt.datetime.now(dt.UTC).year)
        self._entry = entry
        self._bad_rows = bad_rows

    def check_part(self, batches: Iterable[FeatureBatch]) -> Iterator[FeatureBatch]:
        """Yield the batches of one part of the data, and check its columns.

        The first batch decides, or the last one if any feature may have other properties. Adds a warning for each
        missing column. Raises TaskFailure source.columns_missing, and what the batches raise.
        """
        names: frozenset[str] = frozenset()
        try:
            for batch in batches:
                if self._entry.has_schema and not names:
                    self._check_columns(batch.column_names)
                names |= batch.column_names
                yield batch
        except TaskFailure as failure:
            if failure.code == "source.bad_rows" and names:
                self._check_columns(names)  # rules that lack a column make bad rows: name the column
            raise
        if not self._entry.has_schema and names:
            self._check_columns(names)

    def conform(self, batch: FeatureBatch) -> Attributes:
        """Return the attributes of a batch. Raises TaskFailure source.*; see `conform_batch`."""
        return conform_batch(self._with_absent_properties(batch), self._entry, self._bad_rows)

    def _with_absent_properties(self, batch: FeatureBatch) -> FeatureBatch:
        """Return a batch with an empty column for each property that all of its features lack.

        Otherwise a feature of a format without a schema would depend on the other features in its batch.
        """
        if self._entry.has_schema:
            return batch
        absent = {item.column for item in missing_columns(self._entry, {*batch.available, *batch.columns.columns})}
        if not absent:
            return batch
        empty = {name: pl.Series([""] * len(batch), dtype=pl.String) for name in sorted(absent)}
        return replace(batch, columns=pl.DataFrame({**batch.columns.to_dict(), **empty}))

    def _check_columns(self, names: frozenset[str]) -> None:
        self.warnings += [text for text in check_columns(names, self._entry) if text not in self.warnings]
