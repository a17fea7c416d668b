"""What `oa-task check` prints: a line for each remark, and how many there were."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from oa_shared.failures import exit_status
from oa_shared.logging import configure_logging
from oa_task.check.definition import check_file
from oa_task.check.findings import LintFinding, Severity
from oa_task.runtime.allowed_hosts import read_allowed_hosts

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.HINT: "dim"}


def check_sources(sources: Iterable[Path], *, as_json: bool, with_hints: bool, with_data: bool) -> int:
    """Check every definition, print what was found, and return the exit status."""
    configure_logging("task", level="WARNING")
    console = Console(highlight=False, soft_wrap=True)
    counts: Counter[Severity] = Counter()
    checked = 0
    for path in _definitions(sources):
        checked += 1
        found = [item for item in _found(path, with_data=with_data) if with_hints or item.severity is not Severity.HINT]
        counts.update(item.severity for item in found)
        for item in found:
            if as_json:
                click.echo(json.dumps({"source": str(path), **item.plain()}, ensure_ascii=False))
            else:
                _tell(console, path, item)
    if not as_json:
        numbers = ", ".join(_counted(counts[severity], severity) for severity in Severity)
        console.print(f"{_counted(checked, 'definition')} checked: {numbers}")
    return exit_status("source.schema") if counts[Severity.ERROR] else 0


def _found(path: Path, *, with_data: bool) -> list[LintFinding]:
    found = check_file(path)
    if with_data:
        from oa_task.check.data import check_data  # noqa: PLC0415 - it brings what downloads

        found += check_data(path, read_allowed_hosts())
    return found


def _definitions(sources: Iterable[Path]) -> Iterator[Path]:
    for path in sources:
        if path.is_dir():
            yield from sorted(path.rglob("*.json"))
        else:
            yield path


def _tell(console: Console, path: Path, item: LintFinding) -> None:
    colour = _COLOURS[item.severity]
    place = escape(f"{path}#{item.pointer}")
    console.print(f"[bold]{place}[/]\n  [{colour}]{item.severity}[/] {escape(item.message)} [dim]({item.code})[/]")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
