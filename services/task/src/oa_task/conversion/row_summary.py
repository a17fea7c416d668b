"""What the first rows of data become: counts of rows by outcome, filled attributes, the place. Inside the sandbox."""

from collections.abc import Sequence
from pathlib import Path

from oa_shared.json_types import JsonObject
from oa_task.conform.conformer import Conformer
from oa_task.conversion.stats import ConversionStats
from oa_task.definition.task_entry import TaskEntry
from oa_task.features.bad_rows import BadRows
from oa_task.features.validation import validate
from oa_task.placement.verdict import judge_first_rows
from oa_task.read.source import open_batches
from oa_task.write.lines import output_batch

_ALL = 1 << 40


def summarize_rows(parts: Sequence[list[Path]], entry: TaskEntry, *, least: int) -> JsonObject:
    """Return the counts of the first rows, as a job reports them, with the `placement`.

    Reads on to the end of the batch that has feature number `least`, so that every count is about the same rows; of an
    ArcGIS server, whose pages arrive slowly, no further. Raises TaskFailure as the conversion does, but not for the
    number of bad rows.
    """
    stats, bad_rows = ConversionStats(), BadRows()
    conformer = Conformer(entry, bad_rows)
    for files in parts:
        limit = least - stats.count if entry.is_esri else _ALL
        for batch in conformer.check_part(open_batches(files, entry, bad_rows=bad_rows, limit=limit)):
            output = output_batch(conformer.conform(batch), batch.geometry, entry.layer)
            validation = validate(output.attributes, output.geometry, entry.layer)
            stats.add(output.attributes, output.geometry, validation)
            if stats.count >= least:
                break
        if stats.count >= least:
            break
    return {
        **stats.report(),
        "rows": {"read": bad_rows.rows_read, "bad": bad_rows.report(), "left_out": bad_rows.left_out},
        "placement": judge_first_rows(stats.places, bad_rows, entry).as_json(),
    }
