"""A job of a run of samples: the first features of a source, and no data (docs/decisions/0013)."""

import asyncio
import hashlib
import json
from importlib.metadata import version
from typing import Any

from oa_task.results.checksums import file_facts
from oa_task.results.files import MANIFEST_FILE, SAMPLE_FILE
from oa_task.row_preview.preview import PreviewRows, preview_rows
from oa_task.runner.job_runner import TaskJob
from oa_task.runtime.progress import Progress
from oa_task.sandbox.parent import Sandbox

_EMPTY: tuple[Any, ...] = (None, "", [])


async def run_sample_job(job: TaskJob, count: int, progress: Progress) -> dict[str, Any]:
    """Look at the first `count` features: `sample.json` in `job.out`, the manifest last. Returns the counts.

    Raises TaskFailure, as the whole job would.
    """
    with Sandbox() as sandbox:
        rows = await preview_rows(job, count, progress, sandbox)
    return await asyncio.to_thread(_write, job, rows)


def _write(job: TaskJob, rows: PreviewRows) -> dict[str, Any]:
    path = job.out / SAMPLE_FILE
    path.write_text(json.dumps({"rows": rows}, ensure_ascii=False) + "\n", encoding="utf-8")
    report = {"count": len(rows), "fields": _filled(rows), "without_geometry": _without_geometry(rows), "sample": True}
    manifest = {
        "layer": job.layer,
        "name": job.name,
        "definition_sha256": hashlib.sha256(job.definition.read_bytes()).hexdigest(),
        "engine_version": version("oa-task"),
        "outputs": {SAMPLE_FILE: file_facts(path)},
        **report,
    }
    (job.out / MANIFEST_FILE).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return report


def _filled(rows: PreviewRows) -> dict[str, int]:
    """Count the rows in which each attribute has a value."""
    counts: dict[str, int] = {}
    for row in rows:
        for made in row["attributes"]:
            counts[made["attribute"]] = counts.get(made["attribute"], 0) + (made["value"] not in _EMPTY)
    return counts


def _without_geometry(rows: PreviewRows) -> int:
    return sum(row["geometry"] is None for row in rows)
