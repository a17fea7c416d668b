"""`oa-task`: one job, for people (`run`) and for the container (`job`)."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from types import FrameType

import click
from rich.console import Console

from oa_shared.errors import OaError
from oa_shared.failures import FAILURES, exit_status
from oa_shared.logging import configure_logging
from oa_task.failure import TaskFailure
from oa_task.progress import shown_progress
from oa_task.sandbox import OPTIONAL_OUTPUTS
from oa_task.work import Job, run_work

_USAGE = 2


@click.group()
@click.version_option(package_name="oa-task")
def main() -> None:
    """Download, conform and write one (layer, name) of a source."""


@main.command()
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--layer", required=True, help="addresses, parcels, buildings or centerlines")
@click.option("--name", required=True, help="the entry's name")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="folder for the files")
@click.option("--without", multiple=True, type=click.Choice(OPTIONAL_OUTPUTS), help="an output to leave out")
@click.option("--json", "as_json", is_flag=True, help="answer with one line of JSON")
def run(source: Path, layer: str, name: str, out: Path, *, without: tuple[str, ...], as_json: bool) -> None:
    """Run one entry of SOURCE without API or AWS.

    Exit status: 0 done, 10-19 the source, 20-29 the server or the machine, 30 a bug.
    """
    configure_logging("task", level="WARNING")
    out.mkdir(parents=True, exist_ok=True)
    hosts = tuple(host for host in os.environ.get("OA_ALLOW_HOSTS", "").split(",") if host)
    console = Console(stderr=True)
    try:
        with shown_progress(console) as progress:
            report = asyncio.run(run_work(Job(source, layer, name, out, hosts, without=frozenset(without)), progress))
    except TaskFailure as failure:
        _tell_failure(failure, console, as_json=as_json)
        sys.exit(exit_status(failure.code))
    if as_json:
        click.echo(json.dumps({"status": "Success", **report}))
        return
    console.print(f"[green]{report['count']:,} features[/] in {out}")


@main.command()
@click.argument("sources", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="answer with one line of JSON for each remark")
@click.option("--quiet", is_flag=True, help="leave hints out")
def check(sources: tuple[Path, ...], *, as_json: bool, quiet: bool) -> None:
    """Say what is wrong, or without effect, in definitions; a folder stands for all definitions below it.

    Nothing is downloaded. Exit status: 0 no errors, 10 errors.
    """
    from oa_task.check.report import tell_checks  # noqa: PLC0415 - the other commands start faster without it

    sys.exit(tell_checks(sources, as_json=as_json, with_hints=not quiet))


@main.command()
def job() -> None:
    """Run the attempt that the environment names: the entry of the container."""
    from oa_task.job.entry import run_job  # noqa: PLC0415 - the other commands start faster without AWS

    signal.signal(signal.SIGTERM, _ended_by_signal)
    try:
        sys.exit(asyncio.run(run_job()))
    except OaError as error:
        click.echo(f"{error.code}: {error.detail}", err=True)
        sys.exit(_USAGE)


def _ended_by_signal(number: int, _frame: FrameType | None) -> None:
    """End as any process would; the kernel lets the first process of a container ignore signals it does not handle."""
    raise SystemExit(128 + number)


def _tell_failure(failure: TaskFailure, console: Console, *, as_json: bool) -> None:
    about = FAILURES[failure.code]
    if as_json:
        click.echo(json.dumps({"status": "Fail", "code": failure.code, "message": failure.message}))
        return
    console.print(f"[red]{failure.code}[/] {about.title}", highlight=False)
    console.print(f"  {failure.message}", markup=False, highlight=False)
    console.print(f"  {about.hint}", style="dim")
