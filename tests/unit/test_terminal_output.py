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
