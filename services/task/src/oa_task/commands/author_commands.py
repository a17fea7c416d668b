"""The commands for authors of sources: `init`, `check`, `try`, `explain` and `diff`."""

import sys
from pathlib import Path

import click

from oa_shared.status import LAYERS
from oa_task.commands.parameters import DataParameter, DefinitionParameter, examples
from oa_task.sandbox.parent import Sandbox


@click.command(
    "try",
    epilog=examples("oa try sources/us/ca/berkeley.json", "oa try my-source.json --rows 100000 --data addresses.zip"),
)
@click.argument("source", metavar="FILE_OR_URL", type=DefinitionParameter())
@click.option("--layer", help="Layer of the entry, if the definition has several entries.")
@click.option("--name", help="Name of the entry, if the definition has several entries.")
@click.option("--sample", type=click.IntRange(1, 1000), default=10, show_default=True, help="Features to show.")
@click.option("--rows", type=click.IntRange(1, 10_000_000), help="Also convert and count at least this many rows.")
@click.option(
    "--data",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read this file instead of downloading `data` of the definition.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a line with the features, and one with the counts.")
def try_(
    source: str,
    *,
    layer: str | None,
    name: str | None,
    sample: int,
    rows: int | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Print the first features of a source, raw and conformed.

    Writes nothing. With --rows, a summary follows: rows read, written and rejected by reason, the share of filled
    values, the place and the time.
    """
    with Sandbox() as sandbox:
        from oa_task.commands import run as run_command  # noqa: PLC0415 - see `run`
        from oa_task.commands.definition_source import local_definition  # noqa: PLC0415 - likewise

        options = run_command.TrialOptions(source, sample, rows or 0, data)
        with local_definition(source, as_json=as_json) as definition:
            status = run_command.show_sample_of(definition, layer, name, sandbox, options, as_json=as_json)
    sys.exit(status)


@click.command(epilog=examples("oa diff before.json after.json", "oa diff out sources/us/ca/berkeley.json"))
@click.argument("before", metavar="A", type=DefinitionParameter(with_folders=True))
@click.argument("after", metavar="B", type=DefinitionParameter(with_folders=True))
@click.option("--layer", help="Layer of the entry, if a definition has several entries.")
@click.option("--name", help="Name of the entry, if a definition has several entries.")
@click.option(
    "--examples", type=click.IntRange(0, 1000), default=5, show_default=True, help="Examples of each kind of change."
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def diff(before: str, after: str, *, layer: str | None, name: str | None, examples: int, as_json: bool) -> None:
    """Compare the outputs of A and B.

    Prints counts, the coverage of each attribute, and the features added, removed and changed. A and B are output
    folders of earlier runs, or definitions as files or URLs, which run now and leave no files.
    """
    from oa_task.commands.definition_source import local_definition  # noqa: PLC0415 - starts faster without it
    from oa_task.commands.diff import show_difference  # noqa: PLC0415 - the other commands start faster without it
    from oa_task.diff.inputs import EntryFilter  # noqa: PLC0415 - likewise

    entry, sides = EntryFilter(layer, name), (before, after)
    with local_definition(before, as_json=as_json) as one, local_definition(after, as_json=as_json) as other:
        status = show_difference((one, other), sides, entry, examples=examples, as_json=as_json)
    sys.exit(status)


@click.command(epilog=examples("oa explain out --row 7"))
@click.argument("out", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--row", required=True, type=click.IntRange(min=1), help="Line of source.geojson.gz, from 1.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def explain(out: Path, *, row: int, as_json: bool) -> None:
    """Show how the rules produced a row of OUT.

    OUT is the output folder of an earlier run.
    """
    from oa_task.commands import run as run_command  # noqa: PLC0415 - the other commands start faster without it

    sys.exit(run_command.show_explanation(out, row, as_json=as_json))


@click.command(epilog=examples("oa check sources/us/ca/berkeley.json", "oa check --data --quiet sources"))
@click.argument(
    "sources", metavar="FILE_OR_URL...", nargs=-1, required=True, type=DefinitionParameter(with_folders=True)
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="Lines of text, one JSON object per finding, or workflow commands of GitHub Actions.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--quiet", is_flag=True, help="Leave out hints.")
@click.option("--data", "with_data", is_flag=True, help="Download the data and check the columns that rules name.")
def check(sources: tuple[str, ...], *, form: str, as_json: bool, quiet: bool, with_data: bool) -> None:
    """Lint source definitions.

    Definitions are files, folders with files, URLs, or `-` for standard input. Downloads data only with --data.
    Exit status: 10 with errors, else 0.
    """
    from oa_task.commands.check import CheckFormat, check_sources  # noqa: PLC0415 - the others start faster without it

    form = "json" if as_json else form
    sys.exit(check_sources(sources, CheckFormat(form), with_hints=not quiet, with_data=with_data))


@click.command(
    epilog=examples(
        "oa init https://example.org/addresses.zip --source us/ca/berkeley",
        "oa init https://example.org/arcgis/rest/services/Addresses/FeatureServer/0 --out my-source.json",
    )
)
@click.argument("address", metavar="URL_OR_FILE", type=DataParameter())
@click.option("--source", help="Name of the source, like us/ca/berkeley: where the data should be.")
@click.option("--layer", type=click.Choice(LAYERS), help="Layer, instead of the one that the data suggests.")
@click.option("--name", help="Name of the entry, such as city or county.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the definition to a new file.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON with the definition and the guesses.")
def init(
    address: str,
    *,
    source: str | None,
    layer: str | None,
    name: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Propose a definition for data at a URL or in a file.

    Recognizes the protocol, the format, the columns of an address and the coverage, and prints each guess with its
    confidence and an example. The definition goes to standard output or to --out.
    """
    if out is not None and out.exists():
        raise click.BadParameter(f"{out} exists: choose a new file", param_hint="--out")
    if out is not None and not out.parent.is_dir():
        raise click.BadParameter(f"the folder {out.parent} does not exist: create it", param_hint="--out")
    with Sandbox() as sandbox:
        from oa_task.commands.init import propose  # noqa: PLC0415 - see `run`
        from oa_task.proposal.definition_proposal import ProposalOptions  # noqa: PLC0415 - likewise

        status = propose(address, ProposalOptions(source, layer, name), sandbox, out=out, as_json=as_json)
    sys.exit(status)


AUTHOR_COMMANDS = (init, check, try_, explain, diff)
