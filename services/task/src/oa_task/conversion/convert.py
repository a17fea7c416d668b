"""The conversion of raw files to outputs, in one pass with bounded memory. It runs inside the sandbox."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from oa_shared.json_types import JsonObject
from oa_task.conform.acceptance import run_tests
from oa_task.conform.conformer import Conformer
from oa_task.conversion.conversion_pass import ConversionPass
from oa_task.conversion.outputs import Outputs
from oa_task.conversion.post_pass_outputs import PostPassOutputs
from oa_task.conversion.raw_parts import unpack_parts
from oa_task.conversion.stats import ConversionStats
from oa_task.definition.task_entry import TaskEntry
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import FeatureBatch
from oa_task.placement.bad_coordinates import explain_bad_coordinates
from oa_task.placement.verdict import judge_placement
from oa_task.read.source import open_batches
from oa_task.results.files import STATS_FILE
from oa_task.runtime.failure import TaskFailure
from oa_task.runtime.phase_clock import PhaseClock


def convert(
    raws: Sequence[Path],
    entry: TaskEntry,
    *,
    work: Path,
    out: Path,
    on_progress: Callable[[int], None],
    previous: Path | None = None,
    title: str = "",
    without: frozenset[str] = frozenset(),
) -> JsonObject:
    """Unpack, read, conform and write all outputs except `without`; return the counts, and the seconds by phase.

    `title` names the source in the picture. Raises TaskFailure; then `out` has no output of the pass.
    """
    run_tests(entry)
    stats, bad_rows, clock = ConversionStats(), BadRows(), PhaseClock()
    conformer = Conformer(entry, bad_rows)
    with clock.phase("unpack"):
        parts = unpack_parts(raws, entry, work / "unpacked", bad_rows.warn)
    with (
        Outputs(entry.layer, out=out, work=work, previous=previous, without=without) as outputs,
        clock.phase("pass"),
        explain_bad_coordinates(bad_rows, entry),
    ):
        batches = _batches(parts, entry, bad_rows, conformer)
        ConversionPass(entry.layer, conformer, stats, outputs, clock, on_progress).run(batches)
        bad_rows.pages.check()
        if stats.count == 0:
            raise TaskFailure("source.empty", f"no features in the data{bad_rows.explanation()}")
        bad_rows.check()
        report: JsonObject = {
            **stats.report(),
            **outputs.close(),
            "rows": _row_counts(bad_rows),
        }
    clock.add(outputs.seconds)
    post_pass = PostPassOutputs(entry=entry, title=title, out=out, work=work, without=without, tiles=outputs.tiles)
    with clock.phase("placement"):
        placement = judge_placement(stats.places, entry)
    warnings = [*bad_rows.warnings, *conformer.warnings, *post_pass.write(parts[0], stats, clock)]
    report["warnings"] = [*warnings, *(problem.message for problem in placement.problems)]
    (out / STATS_FILE).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return {**report, "placement": placement.as_json(), "seconds": clock.seconds}


def _batches(
    parts: Sequence[list[Path]], entry: TaskEntry, bad_rows: BadRows, conformer: Conformer
) -> Iterator[FeatureBatch]:
    """Yield the batches of all parts in order; row numbers continue from part to part. Checks each part's columns."""
    for files in parts:
        yield from conformer.check_part(open_batches(files, entry, bad_rows=bad_rows))


def _row_counts(bad_rows: BadRows) -> JsonObject:
    return {"read": bad_rows.rows_read, "bad": bad_rows.report(), "left_out": bad_rows.left_out}
