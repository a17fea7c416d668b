"""The command `oa-task check`: a line for each finding, then the totals."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from oa_shared.definition_check.findings import LintFinding, Severity
from oa_shared.failures import exit_status
from oa_shared.logging import configure_logging
from oa_task.check.definition import check_file
from oa_task.commands.console import make_console, print_json
from oa_task.runtime.allowed_hosts import read_allowed_hosts

_COLORS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.HINT: "dim"}


def check_sources(sources: Iterable[Path], *, as_json: bool, with_hints: bool, with_data: bool) -> int:
    """Check every definition, print the findings, and return the exit status."""
    configure_logging("task", level="WARNING")
    console = make_console(highlight=False, soft_wrap=True)
    counts: Counter[Severity] = Counter()
    checked = 0
    for path in _definitions(sources):
        checked += 1
        findings = [item for item in _check(path, with_data=with_data) if with_hints or not item.is_hint]
        counts.update(item.severity for item in findings)
        for item in findings:
            if as_json:
                print_json({"source": str(path), **item.as_json()})
            else:
                _print_finding(console, path, item)
    if not as_json:
        totals = ", ".join(_plural(counts[severity], severity) for severity in Severity)
        console.print(f"{_plural(checked, 'definition')} checked: {totals}")
    return exit_status("source.schema") if counts[Severity.ERROR] else 0


def _check(path: Path, *, with_data: bool) -> list[LintFinding]:
    findings = check_file(path)
    if with_data:
        from oa_task.check.data import check_data  # noqa: PLC0415 - imports the downloads

        findings += check_data(path, read_allowed_hosts())
    return findings


def _definitions(sources: Iterable[Path]) -> Iterator[Path]:
    for path in sources:
        if path.is_dir():
            yield from sorted(path.rglob("*.json"))
        else:
            yield path


def _print_finding(console: Console, path: Path, item: LintFinding) -> None:
    color = _COLORS[item.severity]
    where = escape(f"{path}#{item.pointer}")
    console.print(f"[bold]{where}[/]\n  [{color}]{item.severity}[/] {escape(item.message)} [dim]({item.code})[/]")


def _plural(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
