"""One product's work, from the plan to the manifest; the same for people and for the container."""

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog

from oa_task.products.build_context import input_files
from oa_task.products.child_process import PROGRAM, build_in_child
from oa_task.products.input_fetcher import InputFetcher, ReadableStorage
from oa_task.products.plan import ProductPlan, read_plan
from oa_task.results.atomic_output import commit, staging_folder
from oa_task.runner.manifest import write_product_manifest
from oa_task.runtime.failure import DISK_FULL, TaskFailure
from oa_task.runtime.progress import Progress
from oa_task.sandbox.limits import machine_limits
from oa_task.sandbox.parent import Sandbox

log = structlog.get_logger()
_CPU_S = 24 * 3600
_FILE_BYTES = 1 << 40


async def build_product(plan: bytes, out: Path, *, storage: ReadableStorage, telling: Progress) -> dict[str, Any]:
    """Build what the plan says: files in `out`, the manifest last. Returns `count`, `bounds` and what else was counted.

    What each input gave (`inputs`: source_name, layer, name, job, count) stands in the manifest only: there may be
    thousands. The files appear in `out` when all are done. Raises TaskFailure.
    """
    checked = await asyncio.to_thread(read_plan, plan)
    try:
        with tempfile.TemporaryDirectory(prefix="oa-task-") as folder, staging_folder(out) as making:
            report = await _made(checked, plan, Path(folder), making, storage=storage, telling=telling)
            await asyncio.to_thread(
                write_product_manifest, making, kind=checked.kind, title=checked.title, plan=plan, report=report
            )
            await asyncio.to_thread(commit, making, out)
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        raise TaskFailure("resource.disk_full", f"{type(error).__name__}: {error}") from error
    log.info("product_made", kind=checked.kind, inputs=len(checked.inputs), count=report["count"])
    return {name: value for name, value in report.items() if name != "inputs"}


async def _made(
    checked: ProductPlan, plan: bytes, folder: Path, out: Path, *, storage: ReadableStorage, telling: Progress
) -> dict[str, Any]:
    """Start the child, feed it, and return its report."""
    path, work = folder / "plan.json", folder / "work"
    await asyncio.to_thread(path.write_bytes, plan)
    await asyncio.to_thread(work.mkdir)
    inputs = InputFetcher(input_files(checked), storage, folder / "inputs")
    told = {"plan": str(path), "work": str(work), "out": str(out)}
    limits = replace(machine_limits(), cpu_s=_CPU_S, file_bytes=_FILE_BYTES)
    with Sandbox(limits, program=PROGRAM) as sandbox:
        return await build_in_child(sandbox, told, inputs, telling)
