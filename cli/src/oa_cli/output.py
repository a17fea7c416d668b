"""The output of commands: tables and lines on a terminal, JSON for scripts."""

import errno
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from oa_cli.answers import JobAnswer, PageAnswer, RunAnswer
from oa_cli.fitting_table import FittingTable
from oa_shared.definition_places import describe_places
from oa_shared.status import JobStatus
from oa_shared.terminal_text import escape_controls, strip_controls, strip_styled
from oa_shared.value_text import plain, plural

# Rich cuts the cells of tables and breaks lines at the width, which is 80 where there is no terminal.
UNLIMITED_WIDTH = 1_000_000
COLORS = {"Success": "green", "Warn": "yellow", "Fail": "red", "Running": "cyan", "Submitted": "cyan"}
COLORS |= {"Canceled": "dim", "Pending": "dim"}


# A time as the API writes it; an offset or a Z ends it.
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


class _SafeConsole(Console):
    """A console that prints no control characters of texts, so that only its own styles reach the terminal."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Return the segments of what is printed."""
        return strip_styled(super().render(renderable, options))

    def on_broken_pipe(self) -> None:
        """Pass the error on; rich would exit with 1, which means that something failed."""
        raise BrokenPipeError(errno.EPIPE, "the reader of the output left")


def make_console(*, stderr: bool = False, **options: Any) -> Console:
    """Return a console that prints no control characters of texts; `options` are those of rich's Console.

    What goes to a file or a program is not cut or broken at the width of a terminal.
    """
    made = _SafeConsole(stderr=stderr, **options)
    if not made.is_terminal and "width" not in options:
        made.width = UNLIMITED_WIDTH
    return made


console = make_console()
errors = make_console(stderr=True)


def show_json(value: object) -> None:
    """Print a value as one line of JSON."""
    click.echo(escape_controls(json.dumps(value, ensure_ascii=False)))


def show_text(text: str) -> None:
    """Print text without its control characters."""
    click.echo(strip_controls(text), nl=False)


def show_progress(text: str) -> None:
    """Print a line to standard error, without control characters."""
    click.echo(strip_controls(text), err=True)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, show_header: bool = True) -> Table:
    """Return a table; every cell is plain text, and none is cut. Without rows it is only a title, `no …`."""
    is_counted = title[:1].isdigit()
    result = FittingTable(
        *columns,
        title=title if rows or is_counted else f"no {title}",
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        show_header=show_header and bool(rows),
    )
    for row in rows:
        result.add_row(*(_cell(value) for value in row))
    return result


def runs_table(runs: Sequence[RunAnswer], page: PageAnswer | None = None) -> Table:
    """Return runs with their counts, for the statuses that occur; `page` has the total of the list."""
    statuses = [status for status in JobStatus if any(run["jobs"][status] for run in runs)]
    extras = [name for name in ("acknowledged", "refused") if any(_extra(run, name) for run in runs)]
    columns = ("run", "name", "status", "live", "jobs", *(status.lower() for status in statuses), *extras, "created")
    rows = [
        [
            run["id"],
            run.get("name", ""),
            run["status"],
            "live" if run["live"] else "",
            run["jobs"]["total"],
            *(run["jobs"][status] or "" for status in statuses),
            *(_extra(run, name) or "" for name in extras),
            moment(run["created_at"]),
        ]
        for run in runs
    ]
    return table(list_title("run", len(rows), page), columns, rows)


def _extra(run: RunAnswer, name: str) -> int:
    """Return how many failures of a run are acknowledged, or how many definitions were refused."""
    return run.get("acknowledged", 0) if name == "acknowledged" else run.get("refused", 0)


def jobs_table(jobs: Sequence[JobAnswer], page: PageAnswer | None = None) -> Table:
    """Return jobs with the outcome of each; `page` has the total of the list."""
    columns = ("job", "run", "source", "layer", "name", "status", "attempt", "result")
    rows = [
        [
            *(job["id"], job["run"], job["source_name"], job["layer"], job["name"], job["status"], job["attempt"]),
            describe_job(job),
        ]
        for job in jobs
    ]
    return table(list_title("job", len(rows), page), columns, rows)


def fields_table(title: str, fields: Mapping[str, object]) -> Table:
    """Return one field per line; fields of None are left out."""
    return table(
        title, ("", ""), [[name, value] for name, value in fields.items() if value is not None], show_header=False
    )


def describe_job(job: JobAnswer) -> str:
    """Return the error, the result or the progress of a job."""
    if job["error"]:
        return describe_error(job["error"]["code"], job["error"]["message"])
    if job["result"]:
        unchanged = ", unchanged" if job["result"].get("unchanged") else ""
        return f"{plural(job['result'].get('count') or 0, 'feature')}{unchanged}"
    progress = job["progress"]
    return f"{progress.get('phase', '')} {progress.get('done') or 0:,}" if progress else ""


def describe_error(code: str, message: str | None) -> str:
    """Return a failure code with its message, which names places of the definition in words."""
    return f"{code}: {describe_places(message or '')}"


def list_title(noun: str, shown: int, page: PageAnswer | None) -> str:
    """Return the title of a list: how many items it shows, and of how many."""
    if page is None or page["total"] <= shown:
        return plural(shown, noun)
    prefix = "at least " if page["total_is_estimate"] else ""
    return f"{plural(shown, noun)} of {prefix}{page['total']:,}"


def moment(text: str | None) -> str:
    """Return an RFC 3339 time in UTC, without its fraction: `2026-11-30 11:35:02 UTC`; nothing for None."""
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if text else ""


def _cell(value: object) -> Text:
    is_id = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(value, str) and _TIME.fullmatch(value):
        value = moment(value)
    text = "" if value is None else str(value) if is_id else describe_places(plain(value))
    return Text(text, style=COLORS.get(text, ""))
