"""The command `oa-task diff`."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from oa_shared.definition_places import describe_places
from oa_task.commands.console import make_console, print_json, run_command
from oa_task.commands.named_places import NamedPlaces
from oa_task.commands.progress_display import display_progress
from oa_task.diff.comparison import OutputComparison, compare
from oa_task.diff.inputs import EntryFilter, open_input
from oa_task.diff.views import show_comparison
from oa_task.results.previous_result import PreviousFolder
from oa_task.runtime.failure import TaskFailure
from oa_task.runtime.progress import Progress


@dataclass(slots=True)
class _OpenedInputs:
    """The two inputs, and the one that is being read: a failure is about it, unless both have been read."""

    places: tuple[NamedPlaces, NamedPlaces]
    current: NamedPlaces | None = None

    def open(self, side: int, entry_filter: EntryFilter, work: Path, on_progress: Progress) -> PreviousFolder:
        """Return the output folder of an input. Raises TaskFailure."""
        self.current = self.places[side]
        opened = open_input(self.current.path, entry_filter, work, on_progress)
        self.current = None
        return opened

    def describe(self, failure: TaskFailure) -> str:
        """Return the message of a failure, which names the input that it is about, with the places of that input."""
        if self.current is None:
            return describe_places(failure.message)
        described, source = self.current.describe(failure), self.current.source
        return described if described.startswith(source) else f"{source}: {described}"


def show_difference(
    inputs: tuple[Path, Path], names: tuple[str, str], entry_filter: EntryFilter, *, examples: int, as_json: bool
) -> int:
    """Compare two inputs, print the differences under their names, and return the exit status."""
    opened = _OpenedInputs((NamedPlaces(names[0], inputs[0]), NamedPlaces(names[1], inputs[1])))

    def work(console: Console) -> None:
        with display_progress(console) as on_progress:
            comparison = _compare(opened, entry_filter, on_progress, examples=examples)
        if as_json:
            print_json(comparison)
        else:
            show_comparison(make_console(highlight=False), comparison, names)

    return run_command(work, as_json=as_json, describe=opened.describe)


def _compare(
    inputs: _OpenedInputs, entry_filter: EntryFilter, on_progress: Progress, *, examples: int
) -> OutputComparison:
    with tempfile.TemporaryDirectory(prefix="oa-diff-") as folder:
        work = Path(folder)
        before = inputs.open(0, entry_filter, work / "a", on_progress)
        after = inputs.open(1, entry_filter, work / "b", on_progress)
        return compare(before, after, work, examples=examples)
