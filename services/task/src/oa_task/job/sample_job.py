"""A job of a sample run: the first features of a source, and no data (docs/decisions/0013); or a proposal (0040)."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from oa_shared.json_types import JsonObject
from oa_shared.proposal_request import ProposalRequest, read_proposal_request
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

    The document of a request for a proposal writes `proposal.json` besides. `sandbox` is one that was started earlier.
    Raises TaskFailure, as the full job would.
    """
    request = await asyncio.to_thread(_read_request, job.definition)
    if request is not None:
        from oa_task.job.proposal_job import run_proposal_job  # noqa: PLC0415 - most jobs propose nothing

        preview, remarks = await run_proposal_job(job, request, count, on_progress, sandbox=sandbox)
        return await asyncio.to_thread(_write, job, preview, {"proposal": True, "warnings": remarks})
    with sandbox or Sandbox() as child:
        preview = await preview_rows(job, count, on_progress, child)
    for problem in preview.problems:
        if code := problem.code.failure_code:
            raise TaskFailure(code, problem.message)
    warnings = [problem.message for problem in preview.problems]
    return await asyncio.to_thread(_write, job, preview, {"warnings": warnings})


def _read_request(definition: Path) -> ProposalRequest | None:
    """Return the request for a proposal, None for a definition and for a text that is not JSON."""
    try:
        document: object = json.loads(definition.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError):
        return None  # the preview fails with the reason
    return read_proposal_request(document)


def _write(job: TaskJob, preview: Preview, more: JsonObject) -> JsonObject:
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
        **more,
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
