"""A job of a sample run: the first features of a source, and no data (docs/decisions/0013)."""

import asyncio
import json
from collections.abc import Sequence

from oa_shared.json_types import JsonObject
from oa_task.conversion.preview_row import PreviewRow
from oa_task.results.files import SAMPLE_FILE
from oa_task.row_preview.preview import Preview, preview_rows
from oa_task.runner.job_runner import TaskJob
from oa_task.runner.manifest import write_sample_manifest
from oa_task.runtime.failure import TaskFailure
from oa_task.runtime.progress import Progress
from oa_task.sandbox.parent import Sandbox


async def run_sample_job(
    job: TaskJob, count: int, on_progress: Progress, *, sandbox: Sandbox | None = None
) -> JsonObject:
    """Write the first `count` features to `sample.json` in `job.out`, the manifest last; return the counts.

    `sandbox` is one that was started earlier. Raises TaskFailure, as the full job would.
    """
    with sandbox or Sandbox() as child:
        preview = await preview_rows(job, count, on_progress, child)
    for problem in preview.problems:
        if code := problem.code.failure_code:
            raise TaskFailure(code, problem.message)
    return await asyncio.to_thread(_write, job, preview)


def _write(job: TaskJob, preview: Preview) -> JsonObject:
    rows = preview.rows
    path = job.out / SAMPLE_FILE
    path.write_text(json.dumps({"rows": rows}, ensure_ascii=False) + "\n", encoding="utf-8")
    without_geometry = sum(row["geometry"] is None for row in rows)
    report: JsonObject = {
        "count": len(rows),
        "fields": _count_filled(rows),
        "without_geometry": without_geometry,
        "sample": True,
        "placement": preview.placement,
        "warnings": [problem.message for problem in preview.problems],
    }
    write_sample_manifest(
        job.out, layer=job.layer, name=job.name, definition=job.definition.read_bytes(), report=report
    )
    return report


def _count_filled(rows: Sequence[PreviewRow]) -> dict[str, int]:
    """Return the number of rows with a value, by attribute."""
    counts: dict[str, int] = {}
    for row in rows:
        for trace in row["attributes"]:
            is_filled = trace["value"] not in (None, "", [])
            counts[trace["attribute"]] = counts.get(trace["attribute"], 0) + is_filled
    return counts
