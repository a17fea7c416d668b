"""Programs print through consoles that strip control characters: nothing of a source or a server reaches a terminal."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from oa_cli import output
from oa_task.commands import console as task_console
from oa_task.conversion.preview_row import PreviewRow
from oa_task.row_preview.views import show_explanation, show_rows

ROOT = Path(__file__).parents[2]
EVIL = "a\x1b]0;owned\x07b\x1b[2Jc\x9b31md\u202ee"
# The modules with the consoles, and the fixed texts of help.
ALLOWED = {
    "cli/src/oa_cli/output.py",
    "services/task/src/oa_task/commands/console.py",
    "cli/src/oa_cli/commands/help.py",
}
DIRECT = re.compile(r"(?<!Safe)\bConsole\(|click\.echo\((?!strip_controls|_)|sys\.stdout\.write")


@pytest.mark.parametrize("make_console", [output.make_console, task_console.make_console])
def test_console_prints_no_control_characters_of_a_text(make_console: Callable[..., Console]) -> None:
    target = io.StringIO()
    console = make_console(file=target, force_terminal=True, color_system="standard", width=80)
    table = Table("name", title=EVIL)
    table.add_row(EVIL)
    table.add_row(Text(EVIL, style="red"))
    for renderable in (EVIL, table, Text(EVIL)):
        console.print(renderable)
    console.print(f"[bold]{escape(EVIL)}[/]")
    printed = target.getvalue()
    assert "]0;owned" in printed
    assert not re.search("\x1b\\]|\x1b\\[2J|\x07|\x9b|\u202e", printed)
    assert "\x1b[31m" in printed


def test_programs_print_through_their_consoles_only() -> None:
    folders = ("cli/src", "services/task/src/oa_task/commands")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    direct = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in paths
        if str(path.relative_to(ROOT)) not in ALLOWED
        for line in path.read_text().splitlines()
        if DIRECT.search(line)
    ]
    assert direct == []


@pytest.mark.parametrize("make_console", [output.make_console, task_console.make_console])
def test_console_without_a_terminal_cuts_and_breaks_nothing(make_console: Callable[..., Console]) -> None:
    target = io.StringIO()
    console = make_console(file=target)
    long = "x" * 5_000 + " " + "y " * 5_000
    table = Table("name", "other", box=None)
    table.add_row(long, "z" * 400)
    console.print(table)
    console.print(long, markup=False)
    lines = target.getvalue().splitlines()
    assert "…" not in target.getvalue()
    assert len(lines) == len(("header", "row", "text"))
    assert long in lines[1]
    assert lines[2] == long


def test_preview_without_a_terminal_prints_whole_values() -> None:
    target = io.StringIO()
    value = "v" * 500
    row: PreviewRow = {
        "row": 1,
        "input_row": 1,
        "raw": {"A": value},
        "attributes": [{"attribute": "number", "value": value, "step": None}],
        "geometry": f"POINT ({value})",
    }
    show_rows(task_console.make_console(file=target), [row])
    show_explanation(task_console.make_console(file=target), row, name_places=str)
    assert target.getvalue().count(value) == len(("raw", "number", "geometry", "number", "geometry"))


@pytest.mark.parametrize(
    ("time", "text"),
    [
        ("2026-11-30T11:35:02.123456+00:00", "2026-11-30 11:35:02 UTC"),
        ("2026-11-30T11:35:02Z", "2026-11-30 11:35:02 UTC"),
        ("2026-11-30T01:35:02+02:00", "2026-11-29 23:35:02 UTC"),
        (None, ""),
    ],
)
def test_time_is_written_in_one_format_with_its_zone(time: str | None, text: str) -> None:
    assert output.moment(time) == text


def test_no_command_writes_a_time_in_another_format() -> None:
    cut_time = re.compile(r"_at['\"]\]\[|\[11:19\]|\[:19\]|isoformat\(sep|strftime")
    for path in (ROOT / "cli/src").rglob("*.py"):
        assert not cut_time.search(path.read_text("utf-8")), path


def _text_of(table: Table) -> str:
    target = io.StringIO()
    output.make_console(file=target, width=100).print(table)
    return target.getvalue()


@pytest.mark.parametrize("text", ["2026-11-30T10:49:26.130021Z", "2026-11-30T12:49:26+02:00", "2026-11-30T10:49:26Z"])
def test_times_of_tables_read_alike(text: str) -> None:
    assert "2026-11-30 10:49:26 UTC" in _text_of(output.table("datasets", ("since",), [[text]]))


def test_empty_table_has_a_title_without_columns() -> None:
    assert _text_of(output.table("tokens", ("token", "name"), [])).strip() == "no tokens"
    assert _text_of(output.table("0 runs", ("run", "name"), [])).strip() == "0 runs"
