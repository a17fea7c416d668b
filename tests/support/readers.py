"""Reads files as the conform of a source specifies."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from oa_task.definition.task_entry import TaskEntry
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import FeatureBatch, Points
from oa_task.read.source import open_batches
from oa_task.runtime.failure import TaskFailure

Result = TypeVar("Result")
_INDEXES = frozenset({".shx", ".gfs"})


class ReadResult:
    """The batches of a read, with their columns and geometries concatenated."""

    def __init__(self, batches: list[FeatureBatch], bad_rows: BadRows) -> None:
        self.batches = batches
        self.bad_rows = bad_rows

    def column(self, name: str) -> list[str]:
        return [value for batch in self.batches for value in batch.columns[name].to_list()]

    @property
    def points(self) -> list[tuple[float, float]]:
        found: list[tuple[float, float]] = []
        for batch in self.batches:
            assert isinstance(batch.geometry, Points)
            found += zip(batch.geometry.x.tolist(), batch.geometry.y.tolist(), strict=True)
        return found

    @property
    def shapes(self) -> list[Any]:
        return [
            shape for batch in self.batches if not isinstance(batch.geometry, Points) for shape in batch.geometry.array
        ]

    @property
    def rows(self) -> list[int]:
        return [
            int(row)
            for batch in self.batches
            for row in (batch.rows if batch.rows is not None else range(batch.first_row, batch.first_row + len(batch)))
        ]


def entry_of(conform: dict[str, Any], layer: str = "addresses", rules: dict[str, str] | None = None) -> TaskEntry:
    rules = {"number": "NO", "street": "ST"} if rules is None else rules
    return TaskEntry(
        layer=layer, name="x", urls=("http://x/",), protocol="http", compression=None, conform=conform, rules=rules
    )


def read_files(
    paths: list[Path], conform: dict[str, Any], *, all_columns: bool = True, limit: int | None = None
) -> ReadResult:
    bad_rows = BadRows()
    folders = {path.parent for path in paths}
    before = {item for folder in folders for item in folder.iterdir()}
    batches = open_batches(paths, entry_of(conform), bad_rows=bad_rows, all_columns=all_columns, limit=limit)
    result = ReadResult(list(batches), bad_rows)
    added = {item for folder in folders for item in folder.iterdir()} - before
    # The sandbox lets a reader change nothing in the folder of a downloaded file; GDAL tries to, and continues.
    assert {item for item in added if item.suffix not in _INDEXES} == set()
    return result


ReadBytes = Callable[..., ReadResult]


def read_or_failure(read: Callable[[], Result]) -> Result | TaskFailure:
    """Return the result of a read, or the failure that ends it."""
    try:
        return read()
    except TaskFailure as failure:
        return failure
