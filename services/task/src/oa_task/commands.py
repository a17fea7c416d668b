"""What `oa-task run` and `oa-task explain` do for a person at a terminal, or for a script."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console

from oa_shared.failures import FAILURES, exit_status
from oa_shared.logging import configure_logging
from oa_shared.source_definition import SourceEntry
from oa_task.choice import chosen_entry
from oa_task.failure import TaskFailure
from oa_task.hosts import allowed_hosts
from oa_task.previous import DEFINITION_FILE, PreviousFolder
from oa_task.progress import shown_progress
from oa_task.sandbox import Sandbox
from oa_task.work import Job, run_work


def job_of(
    source: Path, layer: str, name: str, *, out: Path | None, previous: Path | None, without: frozenset[str]
) -> Job:
    """Return what is to be done; OA_ALLOWED_HOSTS names hosts that are not on the public internet."""
    earlier = PreviousFolder.read(previous) if previous else None
    return Job(source, layer, name, out or Path(), allowed_hosts(), previous=earlier, without=without)


def run_once(job: Job, sandbox: Sandbox, *, as_json: bool) -> int:
    """Do the work, tell how it went, and return the exit status."""

    def work(console: Console) -> None:
        job.out.mkdir(parents=True, exist_ok=True)
        with shown_progress(console) as progress:
            report = asyncio.run(run_work(job, progress, sandbox=sandbox))
        if as_json:
            click.echo(json.dumps({"status": "Success", **report}))
        else:
            console.print(f"[green]{report['count']:,} features[/] in {job.out}")

    return told(work, as_json=as_json)


def show_sample(job: Job, count: int, sandbox: Sandbox, *, as_json: bool) -> int:
    """Show the first features raw and conformed, and return the exit status."""
    from oa_task.example_views import show_samples  # noqa: PLC0415 - `run` starts faster without it
    from oa_task.examples import sample  # noqa: PLC0415 - likewise

    def work(console: Console) -> None:
        with shown_progress(console) as progress:
            rows = asyncio.run(sample(job, count, progress, sandbox))
        if as_json:
            click.echo(json.dumps(rows, ensure_ascii=False))
        else:
            show_samples(Console(highlight=False), rows)

    return told(work, as_json=as_json)


def show_sample_of(
    source: Path, layer: str | None, name: str | None, sandbox: Sandbox, *, count: int, as_json: bool
) -> int:
    """Show the first features of the entry that is meant, and return the exit status."""
    chosen: list[SourceEntry] = []
    status = told(lambda _console: chosen.append(chosen_entry(source, layer, name)), as_json=as_json)
    if status:
        return status
    job = job_of(source, chosen[0].layer, chosen[0].name, out=None, previous=None, without=frozenset())
    return show_sample(job, count, sandbox, as_json=as_json)


def show_explanation(out: Path, row: int, *, as_json: bool) -> int:
    """Show how a row of an earlier output came about, and return the exit status. Raises click.BadParameter."""
    from oa_task import example_views, examples  # noqa: PLC0415 - `run` starts faster without them

    output = PreviousFolder.read(out)
    if output is None or not (out / DEFINITION_FILE).is_file():
        raise click.BadParameter(f"{out} is not the folder of an earlier run", param_hint="OUT")
    if row > output.manifest["count"]:
        raise click.BadParameter(f"the output has {output.manifest['count']:,} rows", param_hint="--row")

    def work(_console: Console) -> None:
        found = asyncio.run(examples.explain(output, row))
        if as_json:
            click.echo(json.dumps(found, ensure_ascii=False))
        else:
            example_views.show_explanation(Console(highlight=False), found)

    return told(work, as_json=as_json)


def told(work: Callable[[Console], None], *, as_json: bool) -> int:
    """Do the work with a console for what is not its answer, and tell a failure in words."""
    configure_logging("task", level="WARNING")
    console = Console(stderr=True)
    try:
        work(console)
    except TaskFailure as failure:
        _tell_failure(failure, console, as_json=as_json)
        return exit_status(failure.code)
    return 0


def _tell_failure(failure: TaskFailure, console: Console, *, as_json: bool) -> None:
    about = FAILURES[failure.code]
    if as_json:
        click.echo(json.dumps({"status": "Fail", "code": failure.code, "message": failure.message}))
        return
    console.print(f"[red]{failure.code}[/] {about.title}", highlight=False)
    console.print(f"  {failure.message}", markup=False, highlight=False)
    console.print(f"  {about.hint}", style="dim")
