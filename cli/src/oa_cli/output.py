"""What a person sees, and what a script reads."""

import json
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

COLOURS = {"Success": "green", "Warn": "yellow", "Fail": "red", "Running": "cyan", "Cancelled": "dim"}
console = Console()
errors = Console(stderr=True)


def show_json(value: Any) -> None:
    """Print a value as one line of JSON."""
    click.echo(json.dumps(value, ensure_ascii=False))


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    """Return a table; cells are text, whatever is in them."""
    made = Table(*columns, title=title, title_justify="left", box=None, pad_edge=False)
    for row in rows:
        made.add_row(*(_cell(value) for value in row))
    return made


def jobs_table(jobs: Sequence[dict[str, Any]]) -> Table:
    """Return jobs with what happened to each."""
    columns = ("job", "run", "source", "layer", "name", "status", "attempt", "what happened")
    rows = [
        [job[key] for key in ("id", "run", "source_name", "layer", "name", "status", "attempt")] + [_told(job)]
        for job in jobs
    ]
    return table(f"{len(rows)} jobs", columns, rows)


def _told(job: dict[str, Any]) -> str:
    if job.get("error"):
        return f"{job['error']['code']}: {job['error']['message']}"
    if job.get("result"):
        return f"{job['result'].get('count', 0):,} features"
    progress = job.get("progress") or {}
    return f"{progress['phase']} {progress['done']:,}" if progress else ""


def _cell(value: Any) -> Text:
    text = "" if value is None else str(value)
    return Text(text, style=COLOURS.get(text, ""))
