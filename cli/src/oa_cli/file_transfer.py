"""What happens to a file around its transfer: a bar on a terminal, and indentation of JSON."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.text import Text

from oa_cli.client import OnBytes
from oa_cli.output import errors


@contextmanager
def show_transfer(name: str, size_bytes: int | None) -> Iterator[OnBytes]:
    """Yield a callback that moves a bar on standard error, which shows nothing where that is not a terminal."""
    if not errors.is_terminal:
        yield lambda _done: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=errors, transient=True) as bars:
        task = bars.add_task(Text(name).markup, total=size_bytes)
        yield lambda done: bars.update(task, completed=done)


def indent_json(path: Path) -> None:
    """Rewrite a JSON file with a line for each member; a file that is not JSON stays."""
    text = path.read_text(encoding="utf-8")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    path.write_text(json.dumps(value, ensure_ascii=False, indent=4) + "\n", encoding="utf-8")
