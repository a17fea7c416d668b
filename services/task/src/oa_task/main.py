"""`oa-task`: jobs on this machine (`run`) and in the container (`job`)."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType

import click

from oa_shared.errors import OaError
from oa_shared.job_kinds import JobKind
from oa_task.commands.author_commands import AUTHOR_COMMANDS
from oa_task.commands.engine_group import EngineCommands
from oa_task.commands.parameters import DefinitionParameter, examples
from oa_task.runtime.gc_tuning import reduce_gc_frequency, skip_collection_at_exit
from oa_task.sandbox.parent import Sandbox
from oa_task.sandbox.request import OPTIONAL_OUTPUTS

_USAGE = 2
EXIT_STATUSES = "Exit statuses: 0 success, 2 wrong usage, 10-19 the source, 20-29 the server or this machine, 30 a bug."


@click.group(cls=EngineCommands, epilog=EXIT_STATUSES)
@click.version_option(package_name="oa-task")
def main() -> None:
    """Download, conform and write one (layer, name) entry of a source."""
    reduce_gc_frequency()
    skip_collection_at_exit()


for command in AUTHOR_COMMANDS:
    main.add_command(command)


@main.command(epilog=examples("oa-task run sources/us/ca/berkeley.json --layer addresses --name city --out out"))
@click.argument("source", metavar="FILE_OR_URL", type=DefinitionParameter())
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
    source: str,
    layer: str,
    name: str,
    *,
    out: Path | None,
    previous: Path | None,
    sample: int | None,
    without: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run one entry of a definition, without API or AWS.

    Requires either --out or --sample.
    """
    if (out is None) == (sample is None):
        raise click.UsageError("use either --out FOLDER or --sample N")
    if out is not None:
        _make_folder(out)
    with Sandbox(out, readable=[previous] if previous else []) as sandbox:  # it loads its libraries at the same time
        from oa_task.commands import run as run_command  # noqa: PLC0415 - see the line above
        from oa_task.commands.definition_source import local_definition  # noqa: PLC0415 - likewise

        with local_definition(source, as_json=as_json) as definition:
            job = run_command.build_job(definition, layer, name, out=out, previous=previous, without=frozenset(without))
            if sample is None:
                status = run_command.run_once(job, source, sandbox, as_json=as_json)
            else:
                status = run_command.show_sample(
                    job, run_command.TrialOptions(source, sample), sandbox, as_json=as_json
                )
    sys.exit(status)


@main.command(epilog=examples("oa plan export --inputs runs runs/berkeley --format csv"))
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


@main.command(epilog=examples("oa build plan.json --inputs runs --out export"))
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


@main.command(epilog=examples("oa-task backfill source.geojson.gz --layer addresses --out out"))
@click.argument("features", type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path))
@click.option("--layer", required=True, help="Layer: addresses, parcels, buildings or centerlines.")
@click.option("--name", default="", help="Name of the entry, for the picture.")
@click.option(
    "--source", "source_name", default="", help="Name of the source, for the picture and the attribution text."
)
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Output folder.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def backfill(features: Path, *, layer: str, name: str, source_name: str, out: Path, as_json: bool) -> None:
    """Make the other files of FEATURES.

    FEATURES is the `source.geojson.gz` of an earlier result: the command writes GeoParquet, tiles, valid features,
    statistics, a picture and a manifest. It applies no rules.
    Exit status: 0 success, 10-19 the features, 20-29 the machine, 30 a bug.
    """
    from oa_task.commands import build as build_command  # noqa: PLC0415 - the other commands start faster without it

    dataset = build_command.BackfillSource(features, layer, name or layer, source_name or features.stem)
    sys.exit(build_command.backfill_once(dataset, out, as_json=as_json))


@main.command()
def job() -> None:
    """Run the attempt in the environment; the container's entry.

    The settings are OA_* variables.
    """
    from oa_task.job.room import open_room  # noqa: PLC0415 - the other commands start faster without it
    from oa_task.sandbox.limits import hide_from_children, limit_file_size  # noqa: PLC0415 - likewise

    signal.signal(signal.SIGTERM, _exit_on_signal)
    hide_from_children()
    limit_file_size()
    with open_room(os.environ.get("OA_KIND") or JobKind.SOURCE) as room:  # its sandbox loads libraries at the same time
        import asyncio  # noqa: PLC0415 - see the line above

        from oa_task.job.entry import run_attempt  # noqa: PLC0415 - likewise

        try:
            status = asyncio.run(run_attempt(room))
        except OaError as error:
            click.echo(f"{error.code}: {error.detail}", err=True)
            status = _USAGE
    sys.exit(status)


def _make_folder(path: Path) -> None:
    """Create an output folder. Raises click.BadParameter."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.BadParameter(f"{path} cannot be created: {error.strerror}", param_hint="--out") from error


def _exit_on_signal(number: int, _frame: FrameType | None) -> None:
    """Exit with the signal's status; the kernel ignores unhandled signals to the first process of a container."""
    raise SystemExit(128 + number)
