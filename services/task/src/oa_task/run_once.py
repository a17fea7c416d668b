"""`oa-task run`: one entry for a person at a terminal, or for a script."""

import asyncio
import json
import os
from pathlib import Path

import click
from rich.console import Console

from oa_shared.failures import FAILURES, exit_status
from oa_shared.logging import configure_logging
from oa_task.failure import TaskFailure
from oa_task.progress import shown_progress
from oa_task.sandbox import Sandbox
from oa_task.work import Job, run_work


def run_once(
    source: Path, layer: str, name: str, *, out: Path, sandbox: Sandbox, without: frozenset[str], as_json: bool
) -> int:
    """Do the work, tell how it went, and return the exit status."""
    configure_logging("task", level="WARNING")
    out.mkdir(parents=True, exist_ok=True)
    hosts = tuple(host for host in os.environ.get("OA_ALLOW_HOSTS", "").split(",") if host)
    console = Console(stderr=True)
    job = Job(source, layer, name, out, hosts, without=without)
    try:
        with shown_progress(console) as progress:
            report = asyncio.run(run_work(job, progress, sandbox=sandbox))
    except TaskFailure as failure:
        _tell_failure(failure, console, as_json=as_json)
        return exit_status(failure.code)
    if as_json:
        click.echo(json.dumps({"status": "Success", **report}))
    else:
        console.print(f"[green]{report['count']:,} features[/] in {out}")
    return 0


def _tell_failure(failure: TaskFailure, console: Console, *, as_json: bool) -> None:
    about = FAILURES[failure.code]
    if as_json:
        click.echo(json.dumps({"status": "Fail", "code": failure.code, "message": failure.message}))
        return
    console.print(f"[red]{failure.code}[/] {about.title}", highlight=False)
    console.print(f"  {failure.message}", markup=False, highlight=False)
    console.print(f"  {about.hint}", style="dim")
