"""One kind of bad input, and the failure that it must cause."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oa_task.conform.acceptance import run_tests
from oa_task.conform.conformer import Conformer
from oa_task.conversion.unpacking import unpack
from oa_task.definition.task_entry import TaskEntry
from oa_task.features.bad_rows import BadRows
from oa_task.read.source import open_batches
from oa_task.runtime.failure import TaskFailure

WriteFile = Callable[[Path], Path]


@dataclass(frozen=True)
class Case:
    """`body` is the content of the file, or a function that writes the file into a folder and returns its path.

    `details` lists the data that the message of the failure must contain: names, numbers, values, reasons.
    """

    code: str
    details: tuple[str, ...]
    body: bytes | WriteFile
    name: str = "data.csv"
    conform: dict[str, Any] = field(default_factory=dict)
    rules: dict[str, Any] = field(default_factory=dict)
    tests: list[dict[str, Any]] = field(default_factory=list)
    compression: str | None = None

    def run(self) -> TaskFailure | None:
        """Convert the input and return the failure, None if the conversion succeeds."""
        with tempfile.TemporaryDirectory() as folder:
            try:
                self._convert(Path(folder))
            except TaskFailure as failure:
                return failure
        return None

    def _convert(self, folder: Path) -> None:
        entry = self._entry()
        run_tests(entry)
        bad_rows = BadRows()
        conformer = Conformer(entry, bad_rows)
        (folder / "unpacked").mkdir()
        files = unpack(self._write(folder), self.compression, folder / "unpacked")
        count = 0
        for batch in conformer.check_part(open_batches(files, entry, bad_rows=bad_rows)):
            count += len(conformer.conform(batch))
        bad_rows.pages.check()
        bad_rows.check()
        if not count:
            raise TaskFailure("source.empty", f"no features in the data{bad_rows.explanation()}")

    def _write(self, folder: Path) -> Path:
        if not isinstance(self.body, bytes):
            return self.body(folder)
        path = folder / self.name
        path.write_bytes(self.body)
        return path

    def _entry(self) -> TaskEntry:
        conform = {"format": "csv", "lon": "X", "lat": "Y"} if "format" not in self.conform else {}
        return TaskEntry(
            layer="addresses",
            name="x",
            urls=("http://x/",),
            protocol="http",
            compression=self.compression,
            conform={**conform, **self.conform},
            rules=self.rules,
            tests=self.tests,
        )
