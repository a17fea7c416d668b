"""Waiting for the end of a run or a job, with its progress."""

import asyncio
from collections.abc import Mapping
from contextlib import nullcontext
from typing import TypedDict

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from oa_cli.answers import JobAnswer, JobPage
from oa_cli.client import Api
from oa_cli.hints import job_page, next_steps, run_page
from oa_cli.interruption import explain_interruption
from oa_cli.output import COLORS, console, describe_job, errors, jobs_table, show_json
from oa_cli.runner import ExitStatus, exit_status_of
from oa_shared.status import JobStatus

EVERY_S = 1.0
_PAGE = 100
_LINES_AROUND = 8
_ENDED = tuple(status for status in JobStatus if status.ended)


class _Counts(TypedDict):
    count: dict[str, int]


async def watch_run(api: Api, run: int, *, as_json: bool) -> ExitStatus:
    """Show a run until all its jobs have ended and return the exit status; on a terminal in a live view."""
    with explain_interruption(f"run {run} continues on the server: `oa run watch {run}` shows it again"):
        return await _watch_run(api, run, as_json=as_json)


async def _watch_run(api: Api, run: int, *, as_json: bool) -> ExitStatus:
    is_live = console.is_terminal and not as_json
    if not is_live:
        counts = await _watch_lines(api, run, as_json=as_json)
    else:
        counts = await _watch_live(api, run)
    if as_json:
        show_json({"run": run, "status": "Ended", "count": counts, "page": run_page(api, run)})
    else:
        if counts[JobStatus.FAIL] or counts[JobStatus.WARN]:
            ended = (await api.get(f"/api/run/{run}/jobs", JobPage, status="Fail,Warn", limit=_PAGE))["jobs"]
            for line in next_steps(api, reversed(ended), with_reason=is_live):
                console.print(line, markup=False, highlight=False, soft_wrap=True)
        console.print(run_page(api, run), markup=False, highlight=False, soft_wrap=True)
        console.print(_summary(run, counts))
    return exit_status_of(counts)


async def watch_job(api: Api, number: int) -> ExitStatus:
    """Wait until a job has ended, show its progress on standard error, and return the exit status.

    On a terminal it is one line that changes; elsewhere a line for each change.
    """
    with explain_interruption(f"job {number} continues on the server: `oa job show {number}` shows it again"):
        return await _watch_job(api, number)


async def _watch_job(api: Api, number: int) -> ExitStatus:
    errors.print(f"job {number}: {job_page(api, number)}", markup=False, highlight=False, soft_wrap=True)
    last = ""
    with errors.status(f"job {number}") if errors.is_terminal else nullcontext() as spinner:
        while True:
            job = await api.get(f"/api/job/{number}", JobAnswer)
            line = f"job {number} {job['status']} {describe_job(job)}".rstrip()
            has_ended = job["status"] in _ENDED
            if spinner is not None and not has_ended:
                spinner.update(Text(line))
            elif line != last:
                errors.print(line, markup=False, highlight=False, soft_wrap=True)
                last = line
            if has_ended:
                break
            await asyncio.sleep(EVERY_S)
    for text in next_steps(api, [job], with_reason=False):
        errors.print(text, markup=False, highlight=False, soft_wrap=True)
    return ExitStatus.DONE if job["status"] == JobStatus.SUCCESS else ExitStatus.JOB_FAILED


async def _watch_live(api: Api, run: int) -> dict[str, int]:
    with Live(console=console, refresh_per_second=4) as live:
        while True:
            counts = await _counts(api, run)
            rows = max(console.height - _LINES_AROUND, 3)
            live.update(Group(_summary(run, counts), _bar(counts), await _notable_jobs(api, run, rows)))
            if _has_ended(counts):
                return counts
            await asyncio.sleep(EVERY_S)


async def _notable_jobs(api: Api, run: int, rows: int) -> Table:
    """Return a table of the running jobs, then those that failed or need review, then the rest."""
    jobs: list[JobAnswer] = []
    for statuses in ("Running,Submitted", "Fail,Warn", "Success,Canceled", "Pending"):
        left = min(rows - len(jobs), _PAGE)
        if left > 0:
            jobs += (await api.get(f"/api/run/{run}/jobs", JobPage, status=statuses, limit=left))["jobs"]
    return jobs_table(jobs)


async def _watch_lines(api: Api, run: int, *, as_json: bool) -> dict[str, int]:
    printed: dict[int, tuple[str, int]] = {}
    while True:
        counts = await _counts(api, run)
        for job in await _jobs_of(api, run):
            state = (job["status"], job["attempt"])
            if printed.get(job["id"]) != state:
                printed[job["id"]] = state
                _print_job(job, as_json=as_json)
        if _has_ended(counts):
            return counts
        await asyncio.sleep(EVERY_S)


async def _jobs_of(api: Api, run: int) -> list[JobAnswer]:
    """Return all jobs of a run, oldest first."""
    jobs: list[JobAnswer] = []
    cursor = None
    while True:
        page = (await api.get(f"/api/run/{run}/jobs", JobPage, limit=_PAGE, order="asc", cursor=cursor))["jobs"]
        jobs += page
        if len(page) < _PAGE:
            return jobs
        cursor = page[-1]["id"]


async def _counts(api: Api, run: int) -> dict[str, int]:
    return (await api.get(f"/api/run/{run}/count", _Counts))["count"]


def _print_job(job: JobAnswer, *, as_json: bool) -> None:
    if as_json:
        show_json(job)
        return
    line = f"job {job['id']} {job['source_name']} {job['layer']}/{job['name']} {job['status']} {describe_job(job)}"
    console.print(line.rstrip(), markup=False, highlight=False, soft_wrap=True)


def _summary(run: int, counts: Mapping[str, int]) -> Text:
    text = Text(f"run {run}: {_count_ended(counts):,} of {counts['total']:,} ended", style="bold")
    for status in JobStatus:
        if counts[status]:
            text.append(f"  {counts[status]:,} {status}", style=COLORS[status])
    return text


def _bar(counts: Mapping[str, int]) -> ProgressBar:
    return ProgressBar(total=counts["total"] or 1, completed=_count_ended(counts), width=60)


def _count_ended(counts: Mapping[str, int]) -> int:
    return sum(counts[status] for status in _ENDED)


def _has_ended(counts: Mapping[str, int]) -> bool:
    return _count_ended(counts) == counts["total"]
