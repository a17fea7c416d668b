"""Conforming of all batches of a job."""

import datetime as dt

from oa_task.conform.data_age import year_warnings
from oa_task.conform.missing_columns import check_columns
from oa_task.conform.rows import conform_batch
from oa_task.definition.task_entry import TaskEntry
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import Attributes, FeatureBatch


class Conformer:
    """Conforms batches after a check of the columns of the first one; `warnings` belong in the report."""

    def __init__(self, entry: TaskEntry, bad_rows: BadRows) -> None:
        self.warnings = year_warnings(entry.year, dt.datetime.now(dt.UTC).year)
        self._entry = entry
        self._bad_rows = bad_rows
        self._is_checked = False

    def conform(self, batch: FeatureBatch) -> Attributes:
        """Return the attributes of a batch. Raises TaskFailure source.*; see `conform_batch`."""
        if not self._is_checked:
            self.warnings += check_columns(batch, self._entry)
            self._is_checked = True
        return conform_batch(batch, self._entry, self._bad_rows)
