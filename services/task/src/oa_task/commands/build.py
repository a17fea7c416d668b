"""What `oa-task build` does for a person at a terminal, or for a script."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from oa_task.commands.console import run_command
from oa_task.commands.progress_display import display_progress
from oa_task.products.input_fetcher import FolderStorage
from oa_task.products.plan import read_plan
from oa_task.products.plan_from_folders import build_plan, plan_text
from oa_task.products.product_builder import build_product


def print_plan(folders: Sequence[Path], root: Path, wishes: dict[str, Any]) -> int:
    """Print a plan that was checked, and return the exit status."""

    def work(_console: Console) -> None:
        text = plan_text(build_plan(folders, root, wishes))
        read_plan(text.encode())
        click.echo(text, nl=False)

    return run_command(work, as_json=False)


def build_once(plan: Path, inputs: Path, out: Path, *, as_json: bool) -> int:
    """Build, tell how it went, and return the exit status."""

    def work(console: Console) -> None:
        out.mkdir(parents=True, exist_ok=True)
        with display_progress(console) as progress:
            report = asyncio.run(build_product(plan.read_bytes(), out, storage=FolderStorage(inputs), telling=progress))
        if as_json:
            click.echo(json.dumps({"status": "Success", **report}))
        else:
            console.print(f"[green]{report['count']:,} rows[/] in {out}")

    return run_command(work, as_json=as_json)
