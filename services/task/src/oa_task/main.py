"""`oa-task`: one job, for people (`run`) and for the container (`job`)."""

import asyncio
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import click

from oa_shared.errors import OaError
from oa_task.sandbox.parent import Sandbox
from oa_task.sandbox.request import OPTIONAL_OUTPUTS

_USAGE = 2


@click.group()
@click.version_option(package_name="oa-task")
def main() -> None:
    """Download, conform and write one (layer, name) of a source."""


@main.command()
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--layer", required=True, help="addresses, parcels, buildings or centerlines")
@click.option("--name", required=True, help="the entry's name")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="folder for the files")
@click.option(
    "--previous", type=click.Path(exists=True, file_okay=False, path_type=Path), help="folder of an earlier run"
)
@click.option("--sample", type=click.IntRange(1, 1000), help="show the first N features, write nothing")
@click.option("--without", multiple=True, type=click.Choice(OPTIONAL_OUTPUTS), help="an output to leave out")
@click.option("--json", "as_json", is_flag=True, help="answer with one line of JSON")
def run(
    source: Path,
    layer: str,
    name: str,
    *,
    out: Path | None,
    previous: Path | None,
    sample: int | None,
    without: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run one entry of SOURCE without API or AWS; --out or --sample says what for.

    With --previous, input that has not changed is not fetched again, and the changes since then are written.
    Exit status: 0 done, 10-19 the source, 20-29 the server or the machine, 30 a bug.
    """
    if (out is None) == (sample is None):
        raise click.UsageError("say either --out FOLDER or --sample N")
    with Sandbox() as sandbox:  # it loads its libraries while this process loads its own
        from oa_task.commands import run as run_command  # noqa: PLC0415 - see the line above

        job = run_command.build_job(source, layer, name, out=out, previous=previous, without=frozenset(without))
        if sample is None:
            status = run_command.run_once(job, sandbox, as_json=as_json)
        else:
            status = run_command.show_sample(job, sample, sandbox, as_json=as_json)
    sys.exit(status)


@main.command("try")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--layer", help="the entry's layer, where the definition has several entries")
@click.option("--name", help="the entry's name, where the definition has several entries")
@click.option("--sample", type=click.IntRange(1, 1000), default=10, show_default=True, help="how many features to show")
@click.option("--json", "as_json", is_flag=True, help="answer with one line of JSON")
def try_(source: Path, *, layer: str | None, name: str | None, sample: int, as_json: bool) -> None:
    """Show the first features of SOURCE, raw and conformed, and write nothing.

    Exit status: 0 done, 10-19 the source, 20-29 the server or the machine, 30 a bug.
    """
    with Sandbox() as sandbox:
        from oa_task.commands import run as run_command  # noqa: PLC0415 - see `run`

        status = run_command.show_sample_of(source, layer, name, sandbox, count=sample, as_json=as_json)
    sys.exit(status)


@main.command()
@click.argument("before", metavar="A", type=click.Path(exists=True, path_type=Path))
@click.argument("after", metavar="B", type=click.Path(exists=True, path_type=Path))
@click.option("--layer", help="the entry's layer, where a definition has several entries")
@click.option("--name", help="the entry's name, where a definition has several entries")
@click.option("--examples", type=click.IntRange(0, 1000), default=5, show_default=True, help="how many of each change")
@click.option("--json", "as_json", is_flag=True, help="answer with one line of JSON")
def diff(before: Path, after: Path, *, layer: str | None, name: str | None, examples: int, as_json: bool) -> None:
    """Compare A with B: counts, how often attributes are filled, features added, removed and changed.

    Each of the two is the folder of an earlier run, or a definition, which is run now and leaves nothing behind.
    Exit status: 0 compared, 10-19 the source, 20-29 the server or the machine, 30 a bug.
    """
    from oa_task.commands.diff import show_difference  # noqa: PLC0415 - likewise
    from oa_task.diff.inputs import EntryFilter  # noqa: PLC0415 - the other commands start faster without it

    sys.exit(show_difference((before, after), EntryFilter(layer, name), examples=examples, as_json=as_json))


@main.command()
@click.argument("out", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--row", required=True, type=click.IntRange(min=1), help="the line of source.geojson.gz, 1 is the first")
@click.option("--json", "as_json", is_flag=True, help="answer with one line of JSON")
def explain(out: Path, *, row: int, as_json: bool) -> None:
    """Say for one row in OUT, the folder of an earlier run, which function read what and made which value."""
    from oa_task.commands import run as run_command  # noqa: PLC0415 - the other commands start faster without it

    sys.exit(run_command.show_explanation(out, row, as_json=as_json))


@main.command()
@click.argument("sources", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="answer with one line of JSON for each remark")
@click.option("--quiet", is_flag=True, help="leave hints out")
@click.option("--data", "with_data", is_flag=True, help="fetch the data too, and look for the columns that rules name")
def check(sources: tuple[Path, ...], *, as_json: bool, quiet: bool, with_data: bool) -> None:
    """Say what is wrong, or without effect, in definitions; a folder stands for all definitions below it.

    Nothing is downloaded without --data. Exit status: 0 no errors, 10 errors.
    """
    from oa_task.commands.check import check_sources  # noqa: PLC0415 - the other commands start faster without it

    sys.exit(check_sources(sources, as_json=as_json, with_hints=not quiet, with_data=with_data))


@main.command()
@click.argument("kind", type=click.Choice(["export", "collection", "fabric"]))
@click.argument(
    "folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path)
)
@click.option("--inputs", default=".", type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path))
@click.option("--format", "formats", multiple=True, help="csv, geojson, parquet …; may be given several times")
@click.option("--bbox", nargs=4, type=float, default=None, help="west south east north")
@click.option("--deduplicate", is_flag=True, help="each address once")
def plan(kind: str, folders: tuple[Path, ...], *, inputs: Path, **wishes: Any) -> None:
    """Print a plan for `build` over FOLDERS of earlier runs, which lie below --inputs (here)."""
    from oa_task.commands import build as build_command  # noqa: PLC0415 - the other commands start faster without it

    sys.exit(build_command.print_plan(folders, inputs, {"kind": kind, **wishes}))


@main.command()
@click.argument("plan", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--inputs",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="folder below which the keys of the plan are files",
)
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="folder for the files")
@click.option("--json", "as_json", is_flag=True, help="answer with one line of JSON")
def build(plan: Path, *, inputs: Path, out: Path, as_json: bool) -> None:
    """Build the export, collection or fabric that PLAN describes, from files of earlier runs.

    The form of a plan is in docs/products.md. Exit status: 0 done, 10-19 the plan or its inputs, 20-29 the machine,
    30 a bug.
    """
    from oa_task.commands import build as build_command  # noqa: PLC0415 - the other commands start faster without it

    sys.exit(build_command.build_once(plan, inputs, out, as_json=as_json))


@main.command()
def job() -> None:
    """Run the attempt that the environment names: the entry of the container."""
    from oa_task.job.entry import run_attempt  # noqa: PLC0415 - the other commands start faster without AWS

    signal.signal(signal.SIGTERM, _ended_by_signal)
    try:
        sys.exit(asyncio.run(run_attempt()))
    except OaError as error:
        click.echo(f"{error.code}: {error.detail}", err=True)
        sys.exit(_USAGE)


def _ended_by_signal(number: int, _frame: FrameType | None) -> None:
    """End as any process would; the kernel lets the first process of a container ignore signals it does not handle."""
    raise SystemExit(128 + number)
