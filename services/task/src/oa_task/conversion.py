"""Raw files to outputs, in one pass with bounded memory: what runs in the sandbox."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oa_task.archive import unpack
from oa_task.bad_rows import BadRows
from oa_task.conform.acceptance import run_tests
from oa_task.conform.conformer import Conformer
from oa_task.definition import Entry
from oa_task.failure import TaskFailure
from oa_task.features import Attributes, FeatureBatch, Geometry
from oa_task.outputs import Outputs
from oa_task.pipeline import ReadAhead, Worker
from oa_task.read.source import open_batches
from oa_task.stats import Stats
from oa_task.validation import judge
from oa_task.write.lines import output_batch

STATS_FILE = "stats.json"
Conformed = tuple[Attributes, Geometry]


def convert(
    raws: Sequence[Path],
    entry: Entry,
    *,
    work: Path,
    out: Path,
    progress: Callable[[int], None],
    previous: Path | None = None,
    without: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """Unpack, read, conform and write all outputs but those `without`; return the counts.

    Raises TaskFailure source.*; then no output is left.
    """
    run_tests(entry)
    stats, bad_rows = Stats(), BadRows()
    conformer = Conformer(entry, bad_rows)
    with Outputs(entry.layer, out=out, work=work, previous=previous, without=without) as outputs:
        batches = _batches(raws, entry, work / "unpacked", bad_rows)
        seconds = _convert(batches, conformer, _Text(entry.layer, stats, outputs), progress)
        if stats.count == 0:
            raise TaskFailure("source.empty", f"there are no features in the data{bad_rows.explanation()}")
        bad_rows.check()
        report = {**stats.report(), **outputs.close(), "rows": _rows(bad_rows), "warnings": conformer.warnings}
    (out / STATS_FILE).write_text(json.dumps(report, indent=1) + "\n")
    return {**report, "seconds": {**seconds, **outputs.seconds}}


@dataclass(slots=True)
class _Text:
    """The stage that makes lines of conformed features, counts them and hands them to the outputs."""

    layer: str
    stats: Stats
    outputs: Outputs

    def write(self, conformed: Conformed) -> None:
        batch = output_batch(*conformed, self.layer)
        verdict = judge(batch.attributes, batch.geometry, self.layer)
        self.stats.add(batch.attributes, batch.geometry, verdict)
        self.outputs.put(batch, verdict)


def _convert(
    batches: Iterator[FeatureBatch], conformer: Conformer, stage: _Text, progress: Callable[[int], None]
) -> dict[str, float]:
    """Run the stages, each in its own thread: reading, conforming (in this one), text, outputs."""
    text = Worker("text", stage.write)
    conform_s = 0.0
    try:
        with ReadAhead(batches) as ahead:
            for batch in ahead:
                started = time.perf_counter()
                attributes = conformer.conform(batch)
                conform_s += time.perf_counter() - started
                text.put((attributes, batch.geometry))
                progress(stage.stats.count)
        text.end()
        text.join()
    finally:
        text.stop()
    return {
        name: round(value, 3) for name, value in (("read", ahead.busy_s), ("conform", conform_s), ("text", text.busy_s))
    }


def _rows(bad_rows: BadRows) -> dict[str, Any]:
    return {"read": bad_rows.rows_read, "bad": bad_rows.report(), "left_out": bad_rows.left_out}


def _batches(raws: Sequence[Path], entry: Entry, folder: Path, bad_rows: BadRows) -> Iterator[FeatureBatch]:
    """Yield the batches of all parts in order; `bad_rows` counts their rows on from part to part."""
    for place, raw in enumerate(raws):
        unpacked = folder / str(place)
        unpacked.mkdir(parents=True)
        files = [raw] if entry.is_esri else unpack(raw, entry.compression, unpacked)
        yield from open_batches(files, entry, bad_rows=bad_rows)
