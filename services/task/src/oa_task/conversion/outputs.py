"""The outputs of the pass over the data: which there are, and the threads that write them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from oa_task.definition.source_entry import ATTRIBUTES
from oa_task.features.validation import ValidationResult
from oa_task.preview.point_spool import POINTS_FILE, PointSpool
from oa_task.results.files import CHANGES_FILE, DELTA_FILE, PARQUET_FILE, SOURCE_FILE, VALIDATED_FILE
from oa_task.runtime.pipeline import ConsumerThread
from oa_task.write.changes import ChangesFile
from oa_task.write.gzip import GzipTextFile
from oa_task.write.lines import OutputBatch
from oa_task.write.parquet import ParquetFile
from oa_task.write.validated import ValidatedFile

Written = tuple[OutputBatch, ValidationResult]


class _File(Protocol):
    def close(self) -> None: ...
    def abandon(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Output:
    file: _File
    worker: ConsumerThread[Written]


class Outputs:
    """The files of one conversion, each written in a thread of its own. An error removes what was written.

    `waited_s` is how long whoever hands batches over had to wait for the outputs.
    """

    def __init__(self, layer: str, *, out: Path, work: Path, previous: Path | None, without: frozenset[str]) -> None:
        self.waited_s = 0.0
        self._outputs: list[_Output] = []
        self._changes: ChangesFile | None = None
        source = GzipTextFile(out / SOURCE_FILE)
        self._add("source", source, lambda item: source.write(item[0].lines))
        if "validated" not in without:
            validated = ValidatedFile(out / VALIDATED_FILE)
            self._add("validated", validated, lambda item: validated.write(*item))
        if "parquet" not in without:
            parquet = ParquetFile(out / PARQUET_FILE, ATTRIBUTES[layer])
            self._add("parquet", parquet, lambda item: parquet.write(item[0]))
        if "changes" not in without:
            self._changes = changes = ChangesFile(out / CHANGES_FILE, previous, work, delta=out / DELTA_FILE)
            self._add("changes", changes, lambda item: changes.write(item[0]))
        if "preview" not in without:
            places = PointSpool(work / POINTS_FILE)
            self._add("places", places, lambda item: places.write(item[0]))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        if kind is None:
            return
        for output in self._outputs:
            output.worker.stop()
            output.file.abandon()

    def put(self, batch: OutputBatch, verdict: ValidationResult) -> None:
        """Hand a batch to every output."""
        started = time.perf_counter()
        for output in self._outputs:
            output.worker.put((batch, verdict))
        self.waited_s += time.perf_counter() - started

    def close(self) -> dict[str, Any]:
        """Finish every file; return what they have to say: the counts of changes."""
        for output in self._outputs:
            output.worker.end(output.file.close)
        for output in self._outputs:
            output.worker.join()
        return {"changes": self._changes.counts.report()} if self._changes is not None else {}

    @property
    def seconds(self) -> dict[str, float]:
        """Return how long each output's thread worked."""
        return {output.worker.name: round(output.worker.busy_s, 3) for output in self._outputs}

    def _add(self, name: str, file: _File, consume: Callable[[Written], None]) -> None:
        self._outputs.append(_Output(file, ConsumerThread(name, consume)))
