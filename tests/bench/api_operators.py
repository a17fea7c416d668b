"""Operator requests at 1,000,000 jobs and as many events: failures by cause, the feed, a bulk action on 5,000 jobs."""

import asyncio
import time
from contextlib import closing
from typing import Any

import aiohttp
from api_reads import JOBS, RUNS, get, get_page, time_calls
from report import Figure, p50_p99_ms, show
from server import Bench, bench_api, bench_database, statement

from oa_api.db.query_files import load_queries

BULK, CALLS = 5000, 50
CALLED = {
    "failures by code": "/api/failure",
    "failures by host": "/api/failure?by=host",
    "failures by place": "/api/failure?by=place",
    "failures of a run": f"/api/failure?run={RUNS // 2}",
    "jobs that failed with a code": "/api/job?error=source.schema&limit=100",
    "jobs below a place": "/api/job?source=xx/bench/&limit=100",
    "events, the latest": "/api/events?order=desc",
    "events of a run": f"/api/events?run={RUNS // 2}",
    "events of a kind nobody wrote": "/api/events?kind=job.rejected",
    "held back": "/api/job/error",
    "pauses": "/api/pause",
}
PAGES = {"errors": "/errors", "errors of a run": f"/errors?run={RUNS // 2}", "pauses": "/pauses"}
_POLL_S = 0.2
# That of oa_api.jobs.sweep.
_TREND_DAYS = 180


def fill(bench: Bench) -> None:
    """Insert jobs, failures and events, and count the failures of past days, as the sweep does in two turns."""
    with closing(bench.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(statement("fill_runs"), {"runs": RUNS})
        cursor.execute(statement("fill_jobs"), {"jobs": JOBS, "runs": RUNS})
        cursor.execute(statement("fill_attempts"))
        cursor.execute(statement("fill_failures"), {})
        for _ in range(2):
            cursor.execute(load_queries("jobs.sweep")["count_failures"], {"days": _TREND_DAYS})
        cursor.execute(statement("fill_old_events"))
        cursor.execute(statement("beat"), {})
        cursor.execute("VACUUM ANALYZE")


async def measure_bulk(session: aiohttp.ClientSession) -> list[Figure]:
    """Rerun 5,000 failed jobs and return the duration of each part."""
    bulk_request = {"action": "rerun", "filter": {"error": "source.not_found"}, "limit": BULK}
    counted, count_s = await _post(session, {**bulk_request, "dry_run": True})
    answer, choose_s = await _post(session, {**bulk_request, "expected": counted["matching"]})
    began = time.perf_counter()
    while not answer["ended_at"]:
        await asyncio.sleep(_POLL_S)
        async with session.get(f"/api/bulk/{answer['id']}") as response:
            answer = await response.json()
    took_s = time.perf_counter() - began
    if answer["done"] != BULK:
        raise SystemExit(f"{answer['done']} of {BULK} jobs were done")
    return [
        Figure("bulk action, the jobs counted", f"{count_s * 1000:.0f} ms"),
        Figure(f"bulk action, {BULK:,} jobs chosen: the request", f"{choose_s * 1000:.0f} ms"),
        Figure(f"bulk action, {BULK:,} jobs rerun: the worker", f"{took_s:.1f} s"),
    ]


async def _post(session: aiohttp.ClientSession, body: dict[str, Any]) -> tuple[Any, float]:
    """Return the response and its duration in seconds."""
    began = time.perf_counter()
    async with session.post("/api/bulk", json=body) as response:
        response.raise_for_status()
        answer = await response.json()
    return answer, time.perf_counter() - began


async def measure(url: str, secret: str) -> list[Figure]:
    """Return one row per measurement."""
    async with aiohttp.ClientSession(url, headers={"secret": secret}) as session:
        figures = [
            Figure(what, p50_p99_ms(await time_calls(lambda path=path: get(session, path), CALLS)))  # type: ignore[misc] # each its own
            for what, path in CALLED.items()
        ]
        figures += [
            Figure(f"page, {what}", p50_p99_ms(await time_calls(lambda path=path: get_page(session, path), CALLS)))  # type: ignore[misc] # likewise
            for what, path in PAGES.items()
        ]
        return figures + await measure_bulk(session)


def main() -> None:
    with bench_database() as bench:
        fill(bench)
        with bench_api(bench) as (api, _pid):
            title = f"operators at {JOBS:,} jobs and events, p50 / p99 of {CALLS}"
            show(title, asyncio.run(measure(api.url, api.secret)))


if __name__ == "__main__":
    main()
