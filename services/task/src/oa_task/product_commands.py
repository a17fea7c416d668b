"""What `oa-task build` does for a person at a terminal, or for a script."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from oa_task.commands import told
from oa_task.products.inputs import FolderStorage
from oa_task.products.plan import read_plan
from oa_task.products.planning import as_text, plan_of
from oa_task.products.work import build
from oa_task.progress import shown_progress


def print_plan(folders: Sequence[Path], root: Path, wishes: dict[str, Any]) -> int:
    """Print a plan that was checked, and return the exit status."""

    def work(_console: Console) -> None:
        text = as_text(plan_of(folders, root, wishes))
        read_plan(text.encode())
        click.echo(text, nl=False)

    return told(work, as_json=False)


def build_once(plan: Path, inputs: Path, out: Path, *, as_json: bool) -> int:
    """Build, tell how it went, and return the exit status."""

    def work(console: Console) -> None:
        out.mkdir(parents=True, exist_ok=True)
        with shown_progress(console) as progress:
            report = asyncio.run(build(plan.read_bytes(), out, storage=FolderStorage(inputs), telling=progress))
        if as_json:
            click.echo(json.dumps({"status": "Success", **report}))
        else:
            console.print(f"[green]{report['count']:,} rows[/] in {out}")

    return told(work, as_json=as_json)
