"""The context of one product build: the plan, two folders, the input files, and the progress callback."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from oa_shared.job_kinds import JobKind
from oa_shared.product_plans import ProductInput, ProductPlan
from oa_shared.products import ProductFormat
from oa_task.products.input_fetcher import InputFile
from oa_task.products.parts import Part, PartCollector, ordered_inputs
from oa_task.runtime.failure import TaskFailure
from oa_task.runtime.phase_clock import PhaseClock
from oa_task.runtime.progress import INPUTS, Progress


class BuildPaths(TypedDict):
    """The request to the child process: the file of the plan, and the folders for work and output."""

    plan: str
    work: str
    out: str


@dataclass(frozen=True, slots=True)
class BuildContext:
    """One product build; `files` yields what `input_files` lists, and each file exists until the next is requested."""

    plan: ProductPlan
    out: Path
    work: Path
    files: Iterator[Path]
    on_progress: Progress
    clock: PhaseClock

    def inputs(self) -> Iterator[ProductInput]:
        """Yield the inputs in the order of their files, and report the number done."""
        inputs = ordered_inputs(self.plan)
        for done, item in enumerate(inputs):
            self.on_progress(INPUTS, done, len(inputs))
            yield item
        self.on_progress(INPUTS, len(inputs), len(inputs))

    def new_collector(self) -> PartCollector:
        """Return a collector for the rows of the inputs."""
        folder = self.work / "parts"
        folder.mkdir()
        return PartCollector(self.plan, folder, lambda count: self.on_progress("rows", count, None))

    def finish_parts(self, collector: PartCollector) -> list[Part]:
        """Return the collected parts. Raises TaskFailure source.empty if they have no rows."""
        parts = collector.close()
        if not parts:
            where = f" within {', '.join(map(str, self.plan.bbox))}" if self.plan.bbox else ""
            raise TaskFailure("source.empty", f"no rows{where} in the {len(self.plan.inputs):,} inputs")
        return parts


def input_files(plan: ProductPlan) -> list[InputFile]:
    """Return the required files of the inputs, in the order of their use."""
    if plan.kind is JobKind.BACKFILL:
        return [InputFile(item.geojson_key or item.key, item.geojson_sha256) for item in plan.inputs]
    files: list[InputFile] = []
    for item in ordered_inputs(plan):
        files.append(InputFile(item.key, item.sha256, item.size_bytes))
        if copies_lines(plan, item):
            files.append(InputFile(item.geojson_key or "", item.geojson_sha256))
    return files


def copies_lines(plan: ProductPlan, item: ProductInput) -> bool:
    """Return whether the product has the published lines of the dataset."""
    has_all_rows = plan.kind is JobKind.COLLECTION and plan.bbox is None
    return has_all_rows and ProductFormat.GEOJSON in plan.formats and item.geojson_key is not None
