"""The command `oa-task check`: a line for each finding, errors first, then the totals and the next step."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import assert_never

import click
from rich.console import Console
from rich.text import Text

from oa_shared.definition_address import MAX_DEFINITION_BYTES, is_web_address
from oa_shared.definition_check.findings import LintFinding, Severity, error
from oa_shared.failures import FAILURES, exit_status
from oa_shared.json_faults import describe_json_fault
from oa_shared.json_positions import TextPosition
from oa_shared.logging import configure_logging
from oa_shared.terminal_text import strip_controls
from oa_shared.value_text import plural
from oa_task.check.definition import check_text
from oa_task.check.github_commands import github_command
from oa_task.check.located import LocatedFinding, locate_findings
from oa_task.commands.console import make_console, print_json
from oa_task.commands.definition_source import copy_definition
from oa_task.commands.parameters import STANDARD_INPUT
from oa_task.runtime.allowed_hosts import read_allowed_hosts
from oa_task.runtime.failure import TaskFailure

_COLORS: Mapping[Severity, str] = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.HINT: "dim"}


class CheckFormat(StrEnum):
    """How findings are printed: lines of text, JSON lines, or workflow commands of GitHub Actions."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def check_sources(sources: Iterable[str], form: CheckFormat, *, with_hints: bool, with_data: bool) -> int:
    """Check every definition, print the findings, and return the exit status.

    As text, the errors of all definitions come first; the other formats print the findings of one definition at a time.
    """
    configure_logging("task", level="WARNING")
    counts: Counter[Severity] = Counter()
    kept: list[LocatedFinding] = []
    names: list[str] = []
    for source in _definitions(sources):
        names.append(source)
        found = [item for item in _check(source, with_data=with_data) if with_hints or not item.finding.is_hint]
        counts.update(item.finding.severity for item in found)
        match form:
            case CheckFormat.TEXT:
                kept += found
            case CheckFormat.JSON:
                for item in found:
                    print_json(item.as_json())
            case CheckFormat.GITHUB:
                for item in found:
                    click.echo(strip_controls(github_command(item)))
            case _:
                assert_never(form)
    if form is CheckFormat.TEXT:
        console = make_console(highlight=False, soft_wrap=True)
        for item in sorted(kept, key=lambda item: item.rank):
            _print_finding(console, item)
        console.print(_totals(len(names), counts), markup=False)
        console.print(_next_step(counts, names, with_data=with_data), style="dim", markup=False)
    return exit_status("source.schema") if counts[Severity.ERROR] else 0


def _check(source: str, *, with_data: bool) -> list[LocatedFinding]:
    if source != STANDARD_INPUT and not is_web_address(source):
        return _check_file(source, Path(source), with_data=with_data)
    with tempfile.TemporaryDirectory(prefix="oa-definition-") as folder:
        try:
            path = copy_definition(source, Path(folder))
        except TaskFailure as failure:
            return [_reject(source, failure.message, failure.code)]
        return _check_file(source, path, with_data=with_data)


def _check_file(source: str, path: Path, *, with_data: bool) -> list[LocatedFinding]:
    try:
        if path.stat().st_size > MAX_DEFINITION_BYTES:
            return [_reject(source, f"larger than {MAX_DEFINITION_BYTES:,} bytes: is it a definition?")]
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        return [_reject(source, f"not JSON: {describe_json_fault(problem)}")]
    except OSError as problem:
        return [_reject(source, f"cannot be read: {problem.strerror}")]
    findings: list[LintFinding] = check_text(text)
    if with_data:
        from oa_task.check.data import check_data  # noqa: PLC0415 - imports the downloads

        findings += check_data(path, read_allowed_hosts())
    return locate_findings(source, text, findings)


def _reject(source: str, text: str, code: str = "source.schema") -> LocatedFinding:
    return LocatedFinding(source, TextPosition(1, 1), error("", code, text), text)


def _definitions(sources: Iterable[str]) -> Iterator[str]:
    """Yield the files and URLs to check. Raises click.BadParameter for a folder without any."""
    for source in sources:
        if not is_web_address(source) and Path(source).is_dir():
            files = sorted(map(str, (path for path in Path(source).rglob("*.json") if not path.is_dir())))
            if not files:
                raise click.BadParameter(f"{source} has no .json files", param_hint="FILE_OR_URL")
            yield from files
        else:
            yield source


def _print_finding(console: Console, item: LocatedFinding) -> None:
    """Print a line in the form that editors and terminals turn into a link to the place; then the hint of a failure."""
    finding, position = item.finding, item.position
    line = Text(f"{item.source}:{position.line}:{position.column}: ", style="bold", end="")
    line.append(f"{finding.severity}: ", style=_COLORS[finding.severity])
    line.append(f"{' '.join(item.message.split())} ", style="not bold")
    line.append(f"({finding.code})", style="dim")
    console.print(line)
    if finding.code in FAILURES and finding.severity is Severity.ERROR:
        console.print(f"  {FAILURES[finding.code].hint_of_command}", style="dim", markup=False)


def _totals(checked: int, counts: Mapping[Severity, int]) -> str:
    totals = ", ".join(plural(counts[severity], severity) for severity in Severity)
    return f"{plural(checked, 'definition')} checked: {totals}"


def _next_step(counts: Mapping[Severity, int], names: Sequence[str], *, with_data: bool) -> str:
    """Return what to do after these findings, with the command for the definition, if it is one."""
    name = names[0] if len(names) == 1 and names[0] != STANDARD_INPUT else "FILE"
    if counts[Severity.ERROR]:
        return "Next: correct the errors and check again; docs/check.md explains each code."
    if not with_data:
        return f"Next: `oa check --data {name}` compares the columns with the data; `oa try {name}` shows features."
    return f"Next: `oa try {name}` shows the first features."
