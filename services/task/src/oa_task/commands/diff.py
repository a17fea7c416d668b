"""What `oa-task diff` does for a person at a terminal, or for a script."""

import json
import tempfile
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from oa_task.commands.console import run_command
from oa_task.commands.progress_display import display_progress
from oa_task.diff.comparison import compare
from oa_task.diff.inputs import EntryFilter, open_input
from oa_task.diff.views import show_comparison
from oa_task.runtime.progress import Progress


def show_difference(sides: tuple[Path, Path], choice: EntryFilter, *, examples: int, as_json: bool) -> int:
    """Compare, tell what differs, and return the exit status."""

    def work(console: Console) -> None:
        with display_progress(console) as progress:
            found = _difference(sides, choice, progress, examples=examples)
        if as_json:
            click.echo(json.dumps(found, ensure_ascii=False))
        else:
            show_comparison(Console(highlight=False), found, (str(sides[0]), str(sides[1])))

    return run_command(work, as_json=as_json)


def _difference(sides: tuple[Path, Path], choice: EntryFilter, progress: Progress, *, examples: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="oa-diff-") as folder:
        work = Path(folder)
        before = open_input(sides[0], choice, work / "a", progress)
        after = open_input(sides[1], choice, work / "b", progress)
        return compare(before, after, work, examples=examples)
