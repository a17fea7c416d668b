"""What a person sees, and what a script reads."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

STATUSES = ("Pending", "Submitted", "Running", "Success", "Warn", "Fail", "Cancelled")
COLOURS = {"Success": "green", "Warn": "yellow", "Fail": "red", "Running": "cyan", "Submitted": "cyan"}
COLOURS |= {"Cancelled": "dim", "Pending": "dim"}
console = Console()
errors = Console(stderr=True)


def show_json(value: Any) -> None:
    """Print a value as one line of JSON."""
    click.echo(json.dumps(value, ensure_ascii=False))


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    """Return a table; cells are text, whatever is in them."""
    made = Table(*columns, title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for row in rows:
        made.add_row(*(_cell(value) for value in row))
    return made


def runs_table(runs: Sequence[Mapping[str, Any]], page: Mapping[str, Any] | None = None) -> Table:
    """Return runs with their counts, of the statuses that any has; `page` is the list's answer, with the total."""
    there = [status for status in STATUSES if any(run["jobs"][status] for run in runs)]
    columns = ("run", "status", "live", "jobs", *(status.lower() for status in there), "made (UTC)")
    rows = [
        [
            run["id"],
            run["status"],
            "live" if run["live"] else "",
            run["jobs"]["total"],
            *(run["jobs"][status] or "" for status in there),
            moment(run["created_at"]),
        ]
        for run in runs
    ]
    return table(_title("run", len(rows), page), columns, rows)


def jobs_table(jobs: Sequence[Mapping[str, Any]], page: Mapping[str, Any] | None = None) -> Table:
    """Return jobs with what happened to each."""
    columns = ("job", "run", "source", "layer", "name", "status", "try", "what happened")
    rows = [
        [*(job[key] for key in ("id", "run", "source_name", "layer", "name", "status", "attempt")), told(job)]
        for job in jobs
    ]
    return table(_title("job", len(rows), page), columns, rows)


def datasets_table(datasets: Sequence[Mapping[str, Any]], page: Mapping[str, Any] | None = None) -> Table:
    """Return what is published."""
    columns = ("data", "source", "layer", "name", "features", "published (UTC)", "licence", "newer job")
    rows = [
        [
            *(item[key] for key in ("id", "source_name", "layer", "name")),
            f"{item['count'] or 0:,}",
            moment(item["updated_at"]),
            _licence(item["license"]),
            item["latest_job"]["status"] if item["latest_job"] else "",
        ]
        for item in datasets
    ]
    return table(_title("dataset", len(rows), page), columns, rows)


def history_table(publications: Sequence[Mapping[str, Any]], page: Mapping[str, Any]) -> Table:
    """Return each time that a dataset was published."""
    columns = ("published (UTC)", "job", "try", "features", "valid", "added", "removed", "commit")
    rows = [
        [
            moment(item["published_at"]),
            item["job"],
            item["attempt"],
            f"{item['count'] or 0:,}",
            f"{item['valid'] or 0:,}",
            *((item["changes"] or {}).get(key) for key in ("added", "removed")),
            (item["origin"]["commit"] or "")[:10],
        ]
        for item in publications
    ]
    return table(_title("publication", len(rows), page), columns, rows)


def letters_table(letters: Sequence[Mapping[str, Any]], page: Mapping[str, Any]) -> Table:
    """Return dead letters with why each lies there."""
    columns = ("id", "sent (UTC)", "job", "try", "reason", "message")
    rows = [
        [
            letter["id"],
            moment(letter["sent_at"]),
            letter["job"],
            letter["attempt"],
            letter["reason"] or "delivered too often",
            letter["body"][:200],
        ]
        for letter in letters
    ]
    return table(_title("dead letter", len(rows), page), columns, rows)


def fields_table(job: Mapping[str, Any]) -> Table:
    """Return what a job is and how it went, one thing a line."""
    shown = ("source_name", "layer", "name", "status", "attempt", "run", "tier", "lane", "batch_job", "source_url")
    rows = [[name.replace("_", " "), job[name]] for name in shown if job[name] is not None]
    rows += [[name, moment(job[f"{name}_at"])] for name in ("created", "started", "ended") if job[f"{name}_at"]]
    made = table(f"job {job['id']}", ("", ""), [*rows, ["what happened", told(job)]])
    made.show_header = False
    return made


def told(job: Mapping[str, Any]) -> str:
    """Return what happened to a job, in a few words."""
    if job.get("error"):
        return f"{job['error']['code']}: {job['error']['message'] or ''}"
    if job.get("result"):
        return f"{job['result'].get('count') or 0:,} features"
    progress = job.get("progress") or {}
    return f"{progress.get('phase', '')} {progress.get('done') or 0:,}" if progress else ""


def _title(noun: str, shown: int, page: Mapping[str, Any] | None) -> str:
    nouns = f"{noun}{'s' * (shown != 1)}"
    if page is None or page["total"] <= shown:
        return f"{shown} {nouns}"
    more = "at least " if page["total_is_estimate"] else ""
    return f"{shown} {nouns} of {more}{page['total']:,}"


def moment(text: str | None) -> str:
    """Return an RFC 3339 time as a person reads it, to the second."""
    return f"{text[:10]} {text[11:19]}" if text else ""


def _licence(licence: Mapping[str, Any] | None) -> str:
    return (licence["text"] or licence["url"] or "")[:40] if licence else ""


def _cell(value: Any) -> Text:
    text = "" if value is None else str(value)
    return Text(text, style=COLOURS.get(text, ""))
