"""What whoever makes a product has at hand: the plan, two folders, the files as they come, a way to tell progress."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from oa_task.clock import Clock
from oa_task.failure import TaskFailure
from oa_task.products.inputs import Wanted
from oa_task.products.parts import Gathering, Part, in_order
from oa_task.products.plan import Input, Plan

Told = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Making:
    """One product being made; `files` yields what `wanted_files` names, and each lasts until the next is asked for."""

    plan: Plan
    out: Path
    work: Path
    files: Iterator[Path]
    told: Told
    clock: Clock

    def inputs(self) -> Iterator[Input]:
        """Yield the inputs in the order in which their files come, telling how many are done."""
        inputs = in_order(self.plan)
        for place, about in enumerate(inputs):
            self.told("inputs", place, len(inputs))
            yield about
        self.told("inputs", len(inputs), len(inputs))

    def gathering(self) -> Gathering:
        """Return what takes the rows of the inputs."""
        folder = self.work / "parts"
        folder.mkdir()
        return Gathering(self.plan, folder, lambda count: self.told("rows", count, None))

    def parts_of(self, gathering: Gathering) -> list[Part]:
        """Return the gathered parts. Raises TaskFailure source.empty where they hold no row at all."""
        parts = gathering.close()
        if not parts:
            where = f" within {', '.join(map(str, self.plan.bbox))}" if self.plan.bbox else ""
            raise TaskFailure("source.empty", f"no row of the {len(self.plan.inputs):,} inputs is{where or ' there'}")
        return parts


def wanted_files(plan: Plan) -> list[Wanted]:
    """Return which files of the inputs are needed, in the order in which they are used."""
    wanted: list[Wanted] = []
    for about in in_order(plan):
        wanted.append(Wanted(about.key, about.sha256, about.size_bytes))
        if takes_lines(plan, about):
            wanted.append(Wanted(about.geojson_key or "", about.geojson_sha256))
    return wanted


def takes_lines(plan: Plan, about: Input) -> bool:
    """Return whether the lines of the dataset go into the product as they are."""
    is_whole = plan.kind == "collection" and plan.bbox is None
    return is_whole and "geojson" in plan.formats and about.geojson_key is not None
