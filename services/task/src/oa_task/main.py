"""`oa-task`: jobs on this machine (`run`) and in the container (`job`)."""

import asyncio
import signal
import sys
from pathlib import Path
from types import FrameType

import click

from oa_shared.errors import OaError
from oa_task.sandbox.parent import Sandbox
from oa_task.sandbox.request import OPTIONAL_OUTPUTS

_USAGE = 2
EXIT_STATUSES = "Exit statuses: 0 success, 2 wrong usage, 10-19 the source, 20-29 the server or this machine, 30 a bug."


@click.group(epilog=EXIT_STATUSES)
@click.version_option(package_name="oa-task")
def main() -> None:
    """Download, conform and write one (layer, name) entry of a source."""


@main.command()
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--layer", required=True, help="Layer: addresses, parcels, buildings or centerlines.")
@click.option("--name", required=True, help="Name of the entry.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Output folder.")
@click.option(
    "--previous",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Output folder of an earlier run, to skip unchanged input and to write changes.",
)
@click.option("--sample", type=click.IntRange(1, 1000), help="Print the first N features and write nothing.")
@click.option("--without", multiple=True, type=click.Choice(OPTIONAL_OUTPUTS), help="Output to leave out; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
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
    """Run one entry of SOURCE, without API or AWS.

    Requires either --out or --sample.
    """
    if (out is None) == (sample is None):
        raise click.UsageError("use either --out FOLDER or --sample N")
    if out is not None:
        _make_folder(out)
    with Sandbox(out, readable=[previous] if previous else []) as sandbox:  # it loads its libraries in the meantime
        from oa_task.commands import run as run_command  # noqa: PLC0415 - see the line above

        job = run_command.build_job(source, layer, name, out=out, previous=previous, without=frozenset(without))
        if sample is None:
            status = run_command.run_once(job, sandbox, as_json=as_json)
        else:
            status = run_command.show_sample(job, sample, sandbox, as_json=as_json)
    sys.exit(status)


@main.command("try")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--layer", help="Layer of the entry, if the definition has several entries.")
@click.option("--name", help="Name of the entry, if the definition has several entries.")
@click.option("--sample", type=click.IntRange(1, 1000), default=10, show_default=True, help="Number of features.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def try_(source: Path, *, layer: str | None, name: str | None, sample: int, as_json: bool) -> None:
    """Print the first features of SOURCE, raw and conformed.

    Writes nothing.
    """
    with Sandbox() as sandbox:
        from oa_task.commands import run as run_command  # noqa: PLC0415 - see `run`

        status = run_command.show_sample_of(source, layer, name, sandbox, count=sample, as_json=as_json)
    sys.exit(status)


@main.command()
@click.argument("before", metavar="A", type=click.Path(exists=True, path_type=Path))
@click.argument("after", metavar="B", type=click.Path(exists=True, path_type=Path))
@click.option("--layer", help="Layer of the entry, if a definition has several entries.")
@click.option("--name", help="Name of the entry, if a definition has several entries.")
@click.option(
    "--examples", type=click.IntRange(0, 1000), default=5, show_default=True, help="Examples of each kind of change."
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def diff(before: Path, after: Path, *, layer: str | None, name: str | None, examples: int, as_json: bool) -> None:
    """Compare the outputs of A and B.

    Prints counts, the coverage of each attribute, and the features added, removed and changed. A and B are output
    folders of earlier runs, or definitions, which run now and leave no files.
    """
    from oa_task.commands.diff import show_difference  # noqa: PLC0415 - the other commands start faster without it
    from oa_task.diff.inputs import EntryFilter  # noqa: PLC0415 - likewise

    sys.exit(show_difference((before, after), EntryFilter(layer, name), examples=examples, as_json=as_json))


@main.command()
@click.argument("out", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--row", required=True, type=click.IntRange(min=1), help="Line of source.geojson.gz, from 1.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def explain(out: Path, *, row: int, as_json: bool) -> None:
    """Show how the rules produced a row of OUT.

    OUT is the output folder of an earlier run.
    """
    from oa_task.commands import run as run_command  # noqa: PLC0415 - the other commands start faster without it

    sys.exit(run_command.show_explanation(out, row, as_json=as_json))


@main.command()
@click.argument("sources", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each finding.")
@click.option("--quiet", is_flag=True, help="Leave out hints.")
@click.option("--data", "with_data", is_flag=True, help="Download the data and check the columns that rules name.")
def check(sources: tuple[Path, ...], *, as_json: bool, quiet: bool, with_data: bool) -> None:
    """Lint source definitions.

    SOURCES are definitions, or folders with definitions. Downloads only with --data.
    Exit status: 10 with errors, else 0.
    """
    from oa_task.commands.check import check_sources  # noqa: PLC0415 - the other commands start faster without it

    sys.exit(check_sources(sources, as_json=as_json, with_hints=not quiet, with_data=with_data))


@main.command()
@click.argument("kind", type=click.Choice(["export", "collection", "fabric"]))
@click.argument(
    "folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path)
)
@click.option(
    "--inputs",
    default=".",
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
    help="Folder that contains FOLDERS (default: the current one).",
)
@click.option("--format", "formats", multiple=True, help="Format, such as csv, geojson or parquet; repeatable.")
@click.option("--bbox", nargs=4, type=float, default=None, help="West, south, east, north in degrees.")
@click.option("--deduplicate", is_flag=True, help="Keep one row of each address.")
def plan(
    kind: str,
    folders: tuple[Path, ...],
    *,
    inputs: Path,
    formats: tuple[str, ...],
    bbox: tuple[float, float, float, float] | None,
    deduplicate: bool,
) -> None:
    """Print a plan for `build`.

    FOLDERS are output folders of earlier runs, inside the folder of --inputs.
    """
    from oa_task.commands import build as build_command  # noqa: PLC0415 - the other commands start faster without it
    from oa_task.products.plan_from_folders import PlanOptions  # noqa: PLC0415 - likewise

    options = PlanOptions(kind, formats, bbox, deduplicate=deduplicate)
    sys.exit(build_command.print_plan(folders, inputs, options))


@main.command()
@click.argument("plan", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--inputs",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the files that the keys of the plan name.",
)
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Output folder.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def build(plan: Path, *, inputs: Path, out: Path, as_json: bool) -> None:
    """Build the export, collection or fabric of PLAN.

    docs/products.md describes plans.
    """
    from oa_task.commands import build as build_command  # noqa: PLC0415 - the other commands start faster without it

    sys.exit(build_command.build_once(plan, inputs, out, as_json=as_json))


@main.command()
def job() -> None:
    """Run the attempt in the environment; the container's entry.

    The settings are OA_* variables.
    """
    from oa_task.job.entry import run_attempt  # noqa: PLC0415 - the other commands start faster without AWS

    signal.signal(signal.SIGTERM, _exit_on_signal)
    try:
        sys.exit(asyncio.run(run_attempt()))
    except OaError as error:
        click.echo(f"{error.code}: {error.detail}", err=True)
        sys.exit(_USAGE)


def _make_folder(path: Path) -> None:
    """Create an output folder. Raises click.BadParameter."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.BadParameter(f"{path} cannot be created: {error.strerror}", param_hint="--out") from error


def _exit_on_signal(number: int, _frame: FrameType | None) -> None:
    """Exit with the signal's status; the kernel ignores unhandled signals to the first process of a container."""
    raise SystemExit(128 + number)
