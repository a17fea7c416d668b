"""The outputs of the pass over the data, each written by its own thread."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from oa_shared.json_types import JsonObject
from oa_task.definition.task_entry import ATTRIBUTES
from oa_task.features.validation import ValidationResult
from oa_task.preview.point_spool import POINTS_FILE, PointSpool
from oa_task.results.files import CHANGES_FILE, DELTA_FILE, PARQUET_FILE, SOURCE_FILE, VALIDATED_FILE
from oa_task.runtime.pipeline import ConsumerThread
from oa_task.tiles.spool import SHOWN_ATTRIBUTES, TileSpool
from oa_task.write.changes import ChangesFile
from oa_task.write.gzip import GzipTextFile
from oa_task.write.lines import OutputBatch
from oa_task.write.parquet import ParquetFile
from oa_task.write.validated import ValidatedFile

ValidatedBatch = tuple[OutputBatch, ValidationResult]


class _File(Protocol):
    def close(self) -> None: ...
    def abandon(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Output:
    file: _File
    thread: ConsumerThread[ValidatedBatch]


class Outputs:
    """The files of one conversion. An error in the block removes the files written so far.

    `waited_s` is the time that `put` waited for the threads; `tiles` has the features of the tiles, None without them.
    """

    def __init__(self, layer: str, *, out: Path, work: Path, previous: Path | None, without: frozenset[str]) -> None:
        self.waited_s = 0.0
        self._outputs: list[_Output] = []
        self._changes: ChangesFile | None = None
        self.tiles: TileSpool | None = None
        if "source" not in without:
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
            points = PointSpool(work / POINTS_FILE)
            self._add("points", points, lambda item: points.write(item[0]))
        if "tiles" not in without:
            self.tiles = tiles = TileSpool(work / "tiles", SHOWN_ATTRIBUTES[layer])
            self._add("tile_spool", tiles, lambda item: tiles.write(item[0].attributes, item[0].geometry))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        if kind is None:
            return
        for output in self._outputs:
            output.thread.stop()
            output.file.abandon()

    def put(self, batch: OutputBatch, validation: ValidationResult) -> None:
        """Pass a batch to every output."""
        started = time.perf_counter()
        for output in self._outputs:
            output.thread.put((batch, validation))
        self.waited_s += time.perf_counter() - started

    def close(self) -> JsonObject:
        """Finish every file; return `changes`, the counts of changes, if they are written."""
        for output in self._outputs:
            output.thread.end(output.file.close)
        for output in self._outputs:
            output.thread.join()
        return {"changes": self._changes.counts.report()} if self._changes is not None else {}

    @property
    def seconds(self) -> dict[str, float]:
        """Return the seconds that each output's thread worked."""
        return {output.thread.name: round(output.thread.busy_s, 3) for output in self._outputs}

    def _add(self, name: str, file: _File, consume: Callable[[ValidatedBatch], None]) -> None:
        self._outputs.append(_Output(file, ConsumerThread(name, consume)))
