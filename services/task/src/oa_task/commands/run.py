"""The commands `run`, `try` and `explain` of `oa-task`."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from oa_shared.json_values import json_integer
from oa_shared.placement import PlacementProblem, read_problems
from oa_shared.source_definition import DefinitionEntry
from oa_shared.value_text import plural
from oa_task.commands.console import make_console, print_json, run_command
from oa_task.commands.named_places import NamedPlaces
from oa_task.commands.progress_display import display_progress
from oa_task.definition.entry_selection import choose_entry
from oa_task.results.files import DEFINITION_FILE
from oa_task.results.previous_result import PreviousFolder
from oa_task.runner.job_runner import TaskJob, run_job
from oa_task.runtime.allowed_hosts import read_allowed_hosts
from oa_task.runtime.failure import TaskFailure
from oa_task.sandbox.parent import Sandbox


def build_job(
    source: Path, layer: str, name: str, *, out: Path | None, previous: Path | None, without: frozenset[str]
) -> TaskJob:
    """Return the job; OA_ALLOW_HOSTS names the hosts that it may reach besides the public internet."""
    earlier = PreviousFolder.read(previous) if previous else None
    return TaskJob(source, layer, name, out or Path(), read_allowed_hosts(), previous=earlier, without=without)


def run_once(job: TaskJob, source: str, sandbox: Sandbox, *, as_json: bool) -> int:
    """Run a job, print its outcome, and return the exit status; `source` is how the user named the definition."""

    def work(console: Console) -> None:
        with display_progress(console) as on_progress:
            report = asyncio.run(run_job(job, on_progress, sandbox=sandbox))
        if as_json:
            print_json({"status": "Success", **report})
        else:
            console.print(f"[green]{plural(json_integer(report['count']), 'feature')}[/] in {job.out}")
            _print_problems(console, read_problems(report))

    return run_command(work, as_json=as_json, describe=NamedPlaces(source, job.definition).describe)


@dataclass(frozen=True, slots=True)
class TrialOptions:
    """What `try` shows: the number of features, the number of rows to count, and a file in place of the download.

    `source` is how the user named the definition.
    """

    source: str
    count: int
    summary_rows: int = 0
    data: Path | None = None


def show_sample(job: TaskJob, options: TrialOptions, sandbox: Sandbox, *, as_json: bool) -> int:
    """Print the first features as read and as conformed, then the counts if any, and return the exit status."""
    from oa_task.row_preview.preview import PreviewInput, preview_rows  # noqa: PLC0415 - `run` starts faster without
    from oa_task.row_preview.rules_without_values import describe_rules_without_values  # noqa: PLC0415 - likewise
    from oa_task.row_preview.summary_view import show_summary  # noqa: PLC0415 - likewise
    from oa_task.row_preview.views import show_rows  # noqa: PLC0415 - likewise

    places = NamedPlaces(options.source, job.definition)

    def work(console: Console) -> None:
        started, source = time.monotonic(), PreviewInput(options.summary_rows, options.data)
        with display_progress(console) as on_progress:
            preview = asyncio.run(preview_rows(job, options.count, on_progress, sandbox, source))
        elapsed_s = time.monotonic() - started
        output = make_console(highlight=False)
        if as_json:
            print_json(preview.rows)
        else:
            show_rows(output, preview.rows)
        if preview.summary is not None and as_json:
            print_json({"summary": {**preview.summary, "elapsed_s": round(elapsed_s, 3)}})
        elif preview.summary is not None:
            show_summary(output, preview.summary, elapsed_s=elapsed_s, name_places=places.name)
        _print_warnings(console, map(places.name, preview.warnings), "missing_column")
        no_values = describe_rules_without_values(preview.rows)
        _print_warnings(console, map(places.name, no_values), "no_value")
        _print_problems(console, preview.problems)
        for problem in preview.problems:
            if code := problem.code.failure_code:
                raise TaskFailure(code, problem.message)

    return run_command(work, as_json=as_json, describe=places.describe)


def show_sample_of(
    source: Path, layer: str | None, name: str | None, sandbox: Sandbox, options: TrialOptions, *, as_json: bool
) -> int:
    """Print the first features of the only entry with that layer and name, and return the exit status."""
    chosen: list[DefinitionEntry] = []
    places = NamedPlaces(options.source, source)
    status = run_command(
        lambda _console: chosen.append(choose_entry(source, layer, name)), as_json=as_json, describe=places.describe
    )
    if status:
        return status
    job = build_job(source, chosen[0].layer, chosen[0].name, out=None, previous=None, without=frozenset())
    return show_sample(job, options, sandbox, as_json=as_json)


def show_explanation(out: Path, row: int, *, as_json: bool) -> int:
    """Print which rules produced a row of an earlier output, and return the exit status. Raises click.BadParameter."""
    from oa_task.row_preview import preview, views  # noqa: PLC0415 - `run` starts faster without them

    output = PreviousFolder.read(out)
    if output is None or not (out / DEFINITION_FILE).is_file():
        raise click.BadParameter(f"{out} is not the output folder of a run", param_hint="OUT")
    count = json_integer(output.manifest["count"])
    if row > count:
        raise click.BadParameter(f"the output has {plural(count, 'row')}", param_hint="--row")

    places = NamedPlaces(str(out / DEFINITION_FILE), out / DEFINITION_FILE)

    def work(_console: Console) -> None:
        explanation = asyncio.run(preview.explain_row(output, row))
        if as_json:
            print_json(explanation)
        else:
            views.show_explanation(make_console(highlight=False), explanation, name_places=places.name)

    return run_command(work, as_json=as_json, describe=places.describe)


def _print_warnings(console: Console, texts: Iterable[str], code: str) -> None:
    for text in texts:
        console.print(f"[yellow]warning[/] {escape(text)} [dim]({code})[/]", soft_wrap=True)


def _print_problems(console: Console, problems: Sequence[PlacementProblem]) -> None:
    for problem in problems:
        if problem.code.failure_code is None:
            _print_warnings(console, [problem.message], problem.code)
