"""The command `oa-task diff`."""

import tempfile
from pathlib import Path

from rich.console import Console

from oa_task.commands.console import make_console, print_json, run_command
from oa_task.commands.progress_display import display_progress
from oa_task.diff.comparison import OutputComparison, compare
from oa_task.diff.inputs import EntryFilter, open_input
from oa_task.diff.views import show_comparison
from oa_task.runtime.progress import Progress


def show_difference(
    inputs: tuple[Path, Path], names: tuple[str, str], entry_filter: EntryFilter, *, examples: int, as_json: bool
) -> int:
    """Compare two inputs, print the differences under their names, and return the exit status."""

    def work(console: Console) -> None:
        with display_progress(console) as on_progress:
            comparison = _compare(inputs, entry_filter, on_progress, examples=examples)
        if as_json:
            print_json(comparison)
        else:
            show_comparison(make_console(highlight=False), comparison, names)

    return run_command(work, as_json=as_json)


def _compare(
    inputs: tuple[Path, Path], entry_filter: EntryFilter, on_progress: Progress, *, examples: int
) -> OutputComparison:
    with tempfile.TemporaryDirectory(prefix="oa-diff-") as folder:
        work = Path(folder)
        before = open_input(inputs[0], entry_filter, work / "a", on_progress)
        after = open_input(inputs[1], entry_filter, work / "b", on_progress)
        return compare(before, after, work, examples=examples)
