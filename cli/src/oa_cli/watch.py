"""Waiting for a run to end, with its progress shown."""

import asyncio
from collections.abc import Mapping
from typing import Any

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text

from oa_cli.client import Api
from oa_cli.output import COLOURS, STATUSES, console, jobs_table, show_json, told
from oa_cli.runner import status_of

EVERY_S = 1.0
_PAGE = 100
_ENDED = ("Success", "Warn", "Fail", "Cancelled")
_LINES_AROUND = 8


async def follow(api: Api, run: int, *, as_json: bool) -> int:
    """Show a run until every job has ended and return the exit status; on a terminal as a live view."""
    if as_json or not console.is_terminal:
        counts = await _follow_lines(api, run, as_json=as_json)
    else:
        counts = await _follow_live(api, run)
    if as_json:
        show_json({"run": run, "status": "Ended", "count": counts})
    else:
        console.print(_summary(run, counts))
    return status_of(counts)


async def _follow_live(api: Api, run: int) -> dict[str, int]:
    with Live(console=console, refresh_per_second=4) as live:
        while True:
            counts = await _counts(api, run)
            rows = max(console.height - _LINES_AROUND, 3)
            live.update(Group(_summary(run, counts), _bar(counts), await _noteworthy(api, run, rows)))
            if _is_over(counts):
                return counts
            await asyncio.sleep(EVERY_S)


async def _noteworthy(api: Api, run: int, rows: int) -> Any:
    """Return the jobs worth a line: those at work, then those that went wrong, then the rest."""
    jobs: list[dict[str, Any]] = []
    for statuses in ("Running,Submitted", "Fail,Warn", "Success,Cancelled", "Pending"):
        left = min(rows - len(jobs), _PAGE)
        if left > 0:
            jobs += (await api.get(f"/api/run/{run}/jobs", status=statuses, limit=left))["jobs"]
    return jobs_table(jobs)


async def _follow_lines(api: Api, run: int, *, as_json: bool) -> dict[str, int]:
    known: dict[int, tuple[str, int]] = {}
    while True:
        counts = await _counts(api, run)
        for job in await _jobs_of(api, run):
            state = (job["status"], job["attempt"])
            if known.get(job["id"]) != state:
                known[job["id"]] = state
                _tell(job, as_json=as_json)
        if _is_over(counts):
            return counts
        await asyncio.sleep(EVERY_S)


async def _jobs_of(api: Api, run: int) -> list[dict[str, Any]]:
    """Return all jobs of a run, oldest first."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = (await api.get(f"/api/run/{run}/jobs", limit=_PAGE, order="asc", cursor=cursor))["jobs"]
        found += page
        if len(page) < _PAGE:
            return found
        cursor = page[-1]["id"]


async def _counts(api: Api, run: int) -> dict[str, int]:
    counts: dict[str, int] = (await api.get(f"/api/run/{run}/count"))["count"]
    return counts


def _tell(job: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        show_json(job)
        return
    line = f"job {job['id']} {job['source_name']} {job['layer']}/{job['name']} {job['status']} {told(job)}"
    console.print(line.rstrip(), markup=False, highlight=False, soft_wrap=True)


def _summary(run: int, counts: Mapping[str, int]) -> Text:
    text = Text(f"run {run}: {_ended(counts):,} of {counts['total']:,} ended", style="bold")
    for status in STATUSES:
        if counts[status]:
            text.append(f"  {counts[status]:,} {status}", style=COLOURS[status])
    return text


def _bar(counts: Mapping[str, int]) -> ProgressBar:
    return ProgressBar(total=counts["total"] or 1, completed=_ended(counts), width=60)


def _ended(counts: Mapping[str, int]) -> int:
    return sum(counts[status] for status in _ENDED)


def _is_over(counts: Mapping[str, int]) -> bool:
    return _ended(counts) == counts["total"]
