"""Running one product job, from the plan to the manifest; `oa-task build` and the container share it."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from oa_shared.job_kinds import JobKind
from oa_shared.json_types import JsonObject
from oa_shared.product_plans import ProductPlan
from oa_shared.products import PRODUCT_FILES
from oa_task.products.build_context import BuildPaths, input_files
from oa_task.products.child_process import PROGRAM, build_in_child
from oa_task.products.input_fetcher import InputFetcher, ReadableStorage
from oa_task.products.plan import parse_plan
from oa_task.results.accepted_files import accept_files
from oa_task.results.atomic_output import commit, staging_folder
from oa_task.results.files import BACKFILL_FILES, PLAN_FILE
from oa_task.runner.manifest import BackfilledDataset, write_backfill_manifest, write_product_manifest
from oa_task.runtime.failure import DISK_FULL, TaskFailure
from oa_task.runtime.progress import Progress
from oa_task.sandbox.limits import machine_limits
from oa_task.sandbox.messages import check_report
from oa_task.sandbox.parent import Sandbox
from oa_task.sandbox.report_schemas import ConversionReportSchema, ProductReportSchema

log = structlog.get_logger()
_CPU_S = 24 * 3600
_FILE_BYTES = 1 << 40


async def build_product(body: bytes, out: Path, *, storage: ReadableStorage, on_progress: Progress) -> JsonObject:
    """Build the product of the plan in `body`: files in `out`, the manifest last. Raises TaskFailure.

    Returns `count`, `bounds` and other counts. Only the manifest has the counts by input (`inputs`: source_name,
    layer, name, job, count); there may be thousands. The files appear in `out` when all are complete.
    """
    plan = await asyncio.to_thread(parse_plan, body)
    try:
        limits = replace(machine_limits(), cpu_s=_CPU_S, file_bytes=_FILE_BYTES)
        with Sandbox(out, limits=limits, program=PROGRAM) as sandbox, staging_folder(out) as staging:
            product = _ProductBuild(plan, body, sandbox, staging)
            report = await product.build(storage, on_progress)
            await asyncio.to_thread(commit, staging, out)
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        raise TaskFailure("resource.disk_full", f"{type(error).__name__}: {error}") from error
    log.info("product_built", kind=plan.kind, inputs=len(plan.inputs), count=report["count"])
    return {name: value for name, value in report.items() if name != "inputs"}


@dataclass(frozen=True, slots=True)
class _ProductBuild:
    """The build of one plan: the child writes to the folder of its sandbox, accepted files go to `staging`."""

    plan: ProductPlan
    body: bytes
    sandbox: Sandbox
    staging: Path

    async def build(self, storage: ReadableStorage, on_progress: Progress) -> JsonObject:
        """Write the files and the manifest, and return the report."""
        is_backfill = self.plan.kind is JobKind.BACKFILL
        inputs = InputFetcher(input_files(self.plan), storage, self.sandbox.room / "inputs")
        report = await self._feed_child(inputs, on_progress)
        report = check_report(report, ConversionReportSchema if is_backfill else ProductReportSchema)
        names = BACKFILL_FILES if is_backfill else PRODUCT_FILES
        await asyncio.to_thread(accept_files, self.sandbox.out, self.staging, names)
        if is_backfill:
            return await self._describe_backfill(report, inputs)
        title, kind = self.plan.title, self.plan.kind
        await asyncio.to_thread(
            write_product_manifest, self.staging, kind=kind, title=title, plan=self.body, report=report
        )
        return report

    async def _feed_child(self, inputs: InputFetcher, on_progress: Progress) -> JsonObject:
        path, sandbox = self.sandbox.room / PLAN_FILE, self.sandbox
        await asyncio.to_thread(path.write_bytes, self.body)
        paths: BuildPaths = {"plan": str(path), "work": str(sandbox.work), "out": str(sandbox.out)}
        return await build_in_child(sandbox, paths, inputs, on_progress)

    async def _describe_backfill(self, report: JsonObject, inputs: InputFetcher) -> JsonObject:
        """Write the manifest of a backfill; return the report with the facts about the file that it was built from."""
        (item,) = self.plan.inputs
        source = inputs.facts[item.geojson_key or item.key]
        dataset = BackfilledDataset(item.source_name, item.layer, item.name, item.job, item.license, source)
        await asyncio.to_thread(write_backfill_manifest, self.staging, dataset, report)
        return {**report, "built_from": dict(source)}
