"""What whoever makes a product has at hand: the plan, two folders, the files as they come, a way to tell progress."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from oa_task.products.input_fetcher import InputFile
from oa_task.products.parts import Part, PartCollector, ordered_inputs
from oa_task.products.plan import ProductInput, ProductPlan
from oa_task.runtime.failure import TaskFailure
from oa_task.runtime.phase_clock import PhaseClock

Told = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class BuildContext:
    """One product being made; `files` yields what `wanted_files` names, and each lasts until the next is asked for."""

    plan: ProductPlan
    out: Path
    work: Path
    files: Iterator[Path]
    told: Told
    clock: PhaseClock

    def inputs(self) -> Iterator[ProductInput]:
        """Yield the inputs in the order in which their files come, telling how many are done."""
        inputs = ordered_inputs(self.plan)
        for place, about in enumerate(inputs):
            self.told("inputs", place, len(inputs))
            yield about
        self.told("inputs", len(inputs), len(inputs))

    def gathering(self) -> PartCollector:
        """Return what takes the rows of the inputs."""
        folder = self.work / "parts"
        folder.mkdir()
        return PartCollector(self.plan, folder, lambda count: self.told("rows", count, None))

    def parts_of(self, gathering: PartCollector) -> list[Part]:
        """Return the gathered parts. Raises TaskFailure source.empty where they hold no row at all."""
        parts = gathering.close()
        if not parts:
            where = f" within {', '.join(map(str, self.plan.bbox))}" if self.plan.bbox else ""
            raise TaskFailure("source.empty", f"no row of the {len(self.plan.inputs):,} inputs is{where or ' there'}")
        return parts


def input_files(plan: ProductPlan) -> list[InputFile]:
    """Return which files of the inputs are needed, in the order in which they are used."""
    wanted: list[InputFile] = []
    for about in ordered_inputs(plan):
        wanted.append(InputFile(about.key, about.sha256, about.size_bytes))
        if copies_lines(plan, about):
            wanted.append(InputFile(about.geojson_key or "", about.geojson_sha256))
    return wanted


def copies_lines(plan: ProductPlan, about: ProductInput) -> bool:
    """Return whether the lines of the dataset go into the product as they are."""
    is_whole = plan.kind == "collection" and plan.bbox is None
    return is_whole and "geojson" in plan.formats and about.geojson_key is not None
