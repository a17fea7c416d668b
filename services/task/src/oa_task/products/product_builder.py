"""Running one product job, from the plan to the manifest; `oa-task build` and the container share it."""

import asyncio
from dataclasses import replace
from pathlib import Path

import structlog

from oa_shared.json_types import JsonObject
from oa_shared.products import PRODUCT_FILES, ProductPlan
from oa_task.products.build_context import BuildPaths, input_files
from oa_task.products.child_process import PROGRAM, build_in_child
from oa_task.products.input_fetcher import InputFetcher, ReadableStorage
from oa_task.products.plan import parse_plan
from oa_task.results.accepted_files import accept_files
from oa_task.results.atomic_output import commit, staging_folder
from oa_task.results.files import PLAN_FILE
from oa_task.runner.manifest import write_product_manifest
from oa_task.runtime.failure import DISK_FULL, TaskFailure
from oa_task.runtime.progress import Progress
from oa_task.sandbox.limits import machine_limits
from oa_task.sandbox.messages import check_report
from oa_task.sandbox.parent import Sandbox
from oa_task.sandbox.report_schemas import ProductReportSchema

log = structlog.get_logger()
_CPU_S = 24 * 3600
_FILE_BYTES = 1 << 40


async def build_product(body: bytes, out: Path, *, storage: ReadableStorage, on_progress: Progress) -> JsonObject:
    """Build the product of the plan in `body`: files in `out`, the manifest last. Raises TaskFailure.

    Returns `count`, `bounds` and other counts. Only the manifest has the counts by input (`inputs`: source_name,
    layer, name, job, count), of which there may be thousands. The files appear in `out` when all are complete.
    """
    plan = await asyncio.to_thread(parse_plan, body)
    try:
        limits = replace(machine_limits(), cpu_s=_CPU_S, file_bytes=_FILE_BYTES)
        with Sandbox(out, limits=limits, program=PROGRAM) as sandbox, staging_folder(out) as staging:
            report = await _build(plan, body, sandbox, storage=storage, on_progress=on_progress)
            await asyncio.to_thread(accept_files, sandbox.out, staging, PRODUCT_FILES)
            await asyncio.to_thread(
                write_product_manifest, staging, kind=plan.kind, title=plan.title, plan=body, report=report
            )
            await asyncio.to_thread(commit, staging, out)
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        raise TaskFailure("resource.disk_full", f"{type(error).__name__}: {error}") from error
    log.info("product_built", kind=plan.kind, inputs=len(plan.inputs), count=report["count"])
    return {name: value for name, value in report.items() if name != "inputs"}


async def _build(
    plan: ProductPlan, body: bytes, sandbox: Sandbox, *, storage: ReadableStorage, on_progress: Progress
) -> JsonObject:
    """Feed the child and return its report."""
    path = sandbox.room / PLAN_FILE
    await asyncio.to_thread(path.write_bytes, body)
    inputs = InputFetcher(input_files(plan), storage, sandbox.room / "inputs")
    paths: BuildPaths = {"plan": str(path), "work": str(sandbox.work), "out": str(sandbox.out)}
    report = await build_in_child(sandbox, paths, inputs, on_progress)
    return check_report(report, ProductReportSchema)
