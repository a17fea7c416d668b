"""Waiting for a run to end, with its progress shown."""

import asyncio
from typing import Any

from rich.live import Live

from oa_cli.client import Api
from oa_cli.output import console, jobs_table, show_json

EVERY_S = 1.0
_PAGE = 100
ENDED = frozenset({"Success", "Warn", "Fail", "Cancelled"})


async def jobs_of(api: Api, run: int) -> list[dict[str, Any]]:
    """Return all jobs of a run, oldest first."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = (await api.get(f"/api/run/{run}/jobs", limit=_PAGE, cursor=cursor))["jobs"]
        found += page
        if len(page) < _PAGE:
            return sorted(found, key=lambda job: int(job["id"]))
        cursor = page[-1]["id"]


async def follow(api: Api, run: int, *, as_json: bool) -> list[dict[str, Any]]:
    """Show a run until every job has ended and return the jobs; on a terminal as a live table."""
    if as_json or not console.is_terminal:
        return await _follow_lines(api, run, as_json=as_json)
    with Live(console=console, refresh_per_second=4) as live:
        while True:
            jobs = await jobs_of(api, run)
            live.update(jobs_table(jobs[-console.height :]))
            if _is_over(jobs):
                return jobs
            await asyncio.sleep(EVERY_S)


async def _follow_lines(api: Api, run: int, *, as_json: bool) -> list[dict[str, Any]]:
    told: dict[int, str] = {}
    while True:
        jobs = await jobs_of(api, run)
        for job in jobs:
            if told.get(job["id"]) != job["status"]:
                told[job["id"]] = job["status"]
                _tell(job, as_json=as_json)
        if _is_over(jobs):
            return jobs
        await asyncio.sleep(EVERY_S)


def _tell(job: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show_json(job)
        return
    error = f" {job['error']['code']}: {job['error']['message']}" if job.get("error") else ""
    line = f"job {job['id']} {job['source_name']} {job['layer']}/{job['name']} {job['status']}{error}"
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def _is_over(jobs: list[dict[str, Any]]) -> bool:
    return all(job["status"] in ENDED for job in jobs)
