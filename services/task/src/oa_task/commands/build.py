"""The commands `plan`, `build` and `backfill` of `oa-task`."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console

from oa_shared.job_kinds import JobKind
from oa_shared.json_values import json_integer
from oa_shared.product_plans import PLAN_VERSION
from oa_shared.terminal_text import strip_controls
from oa_shared.value_text import plural
from oa_task.commands.console import print_json, run_command
from oa_task.commands.progress_display import display_progress
from oa_task.products.input_fetcher import FolderStorage
from oa_task.products.plan import parse_plan
from oa_task.products.plan_from_folders import PlanOptions, build_plan, plan_text
from oa_task.products.product_builder import build_product


def print_plan(folders: Sequence[Path], root: Path, options: PlanOptions) -> int:
    """Validate a plan, print it, and return the exit status."""

    def work(_console: Console) -> None:
        text = plan_text(build_plan(folders, root, options))
        parse_plan(text.encode())
        click.echo(strip_controls(text), nl=False)

    return run_command(work, as_json=False)


def build_once(plan: Path, inputs: Path, out: Path, *, as_json: bool) -> int:
    """Build a product, print the outcome, and return the exit status."""
    return _build(plan.read_bytes, inputs, out, as_json=as_json)


@dataclass(frozen=True, slots=True)
class BackfillSource:
    """A file of all features, and what it contains."""

    features: Path
    layer: str
    name: str
    source_name: str


def backfill_once(dataset: BackfillSource, out: Path, *, as_json: bool) -> int:
    """Make the other files of a result, print the outcome, and return the exit status."""
    features = dataset.features
    item = {
        "source_name": dataset.source_name,
        "layer": dataset.layer,
        "name": dataset.name,
        "job": 0,
        "key": features.name,
        "geojson_key": features.name,
        "size_bytes": features.stat().st_size,
        "count": 0,
    }
    plan = {"v": PLAN_VERSION, "kind": JobKind.BACKFILL, "title": dataset.source_name, "inputs": [item]}
    return _build(lambda: json.dumps(plan).encode(), features.parent, out, as_json=as_json)


def _build(read_plan: Callable[[], bytes], inputs: Path, out: Path, *, as_json: bool) -> int:
    def work(console: Console) -> None:
        out.mkdir(parents=True, exist_ok=True)
        with display_progress(console) as on_progress:
            storage = FolderStorage(inputs)
            report = asyncio.run(build_product(read_plan(), out, storage=storage, on_progress=on_progress))
        if as_json:
            print_json({"status": "Success", **report})
        else:
            console.print(f"[green]{plural(json_integer(report['count']), 'row')}[/] in {out}")

    return run_command(work, as_json=as_json)
