"""Reads of jobs and of data at 1,000,000 jobs, against a bare aiohttp handler and a bare SELECT."""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from functools import partial
from itertools import repeat
from typing import Any

import aiohttp
from aiohttp import hdrs, web
from report import Figure, console, p50_p99_ms, show
from server import Bench, bench_api, bench_database, statement

from oa_api.db.query_files import load_queries
from oa_api.jobs.filters import job_parameters
from oa_api.jobs.request_schemas import JobFilterSchema
from oa_local.process import free_port

JOBS, RUNS = 1_000_000, 20_000
CALLS = 300
LISTS = {
    "newest first": "/api/job?limit=100",
    "of one run": "/api/job?run=500&limit=100",
    "that failed": "/api/job?status=Fail&limit=100",
    "of one source": "/api/job?source=xx/bench/77&limit=100",
}
DATA = {
    "by source": "/api/data?limit=100",
    "newest first": "/api/data?limit=100&sort=updated_at",
    "below a place": "/api/data?limit=100&source=xx/bench/",
    "in a box": "/api/data?limit=100&bbox=0,0,20,20",
    "that fail": "/api/data?limit=100&failing=true",
    "one": "/api/data/7",
    "history of one": "/api/data/7/history?limit=100",
    "conversions of one": "/api/data/7/conversions",
    "places of all": "/api/data/places",
    "licenses": "/api/licenses",
    "credits of all": "/api/attribution",
    "feed": "/data/feed.atom",
}
# Requested with the headers of a browser; the size is that of the transfer. Add one line per page.
PAGES = {
    "front": "/",
    "overview": "/overview",
    "runs": "/runs",
    "runs with failures": "/runs?status=Fail",
    "a run": "/runs/500",
    "jobs": "/jobs",
    "jobs that failed": "/jobs?status=Fail",
    "jobs of a source": "/jobs?source=xx/bench/77",
    "a job": f"/jobs/{JOBS // 2}",
    "a job's definition": f"/jobs/{JOBS // 2}/definition",
    "datasets": "/data",
    "datasets by features": "/data?sort=count",
    "datasets with a name": "/data?q=77",
    "datasets at a point": "/data?point=0,0",
    "sources of a place": "/sources/xx",
    "a source": "/sources/xx/bench/77",
    "search for a name": "/search?q=bench+7",
    "search for a number": "/search?q=77",
    "a dataset": "/data/7",
    "collections": "/collections",
    "a collection": "/collections/7",
    "exports": "/exports",
    "errors": "/errors",
    "health": "/health",
    "health of a region": "/health?prefix=xx/bench/",
    "schedules": "/schedules",
    "time and cost of a run": "/runs/500/speed",
    "API": "/docs",
}
_AS_A_BROWSER = {hdrs.ACCEPT: "text/html", hdrs.ACCEPT_ENCODING: "gzip"}
# The bench has no queues and no bucket: the overview is complete, and reports them.
_STATUS_WITHOUT_QUEUES = {"/overview": web.HTTPServiceUnavailable.status_code}
PRODUCTS = {
    "collections": "/api/collections?limit=100",
    "builds of one": "/api/collections/7/builds?limit=100",
    "exports": "/api/export?limit=100",
    "exports of a format": "/api/export?limit=100&format=csv",
    "map of everything": "/api/fabric",
}
RESULT = {
    "count": 1000,
    "valid": 990,
    "fields": dict.fromkeys(("number", "street", "unit", "city", "district", "region", "postcode", "id"), 900),
    "outputs": {
        f"file-{place}": {"key": f"job/1/attempt-1/file-{place}", "bytes": 1000, "sha256": "0" * 64}
        for place in range(10)
    },
}
_READS = load_queries("jobs.reads")


async def time_calls(call: Callable[[], Awaitable[object]], calls: int = CALLS) -> list[float]:
    """Return the seconds of each of several sequential calls."""
    times = []
    for _ in range(calls):
        began = time.perf_counter()
        await call()
        times.append(time.perf_counter() - began)
    return times


async def time_bare_handler() -> list[float]:
    """Time an aiohttp handler that only responds."""
    app, port = web.Application(), free_port()

    async def hello(_request: web.Request) -> web.Response:
        return web.json_response({"id": 1})

    app.router.add_get("/", hello)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            return await time_calls(lambda: get(session, "/"))
    finally:
        await runner.cleanup()


def time_selects(cursor: Any, sql: str, values: Iterator[dict[str, Any]]) -> list[float]:
    """Return the seconds of a statement on a plain connection, including the fetch of its rows."""
    times = []
    for given, _ in zip(values, range(CALLS), strict=False):
        began = time.perf_counter()
        cursor.execute(sql, given)
        cursor.fetchall()
        times.append(time.perf_counter() - began)
    return times


async def get(session: aiohttp.ClientSession, path: str) -> None:
    """Read a full response."""
    async with session.get(path) as answer:
        if answer.status != web.HTTPOk.status_code:
            raise SystemExit(f"{path} answered {answer.status}")
        await answer.read()


def random_jobs() -> Iterator[dict[str, Any]]:
    """Return job IDs in random order, the same ones each time."""
    numbers = random.Random(1)  # noqa: S311 - a fixed order of reads is no secret
    while True:
        yield {"job": numbers.randint(1, JOBS)}


def _values(path: str) -> dict[str, Any]:
    query = dict(pair.split("=") for pair in path.partition("?")[2].split("&"))
    return job_parameters(JobFilterSchema().load(query))


def explain(cursor: Any, what: str, sql: str, values: dict[str, Any]) -> None:
    """Print the query plan of a statement and its time."""
    cursor.execute("EXPLAIN (ANALYZE, COSTS OFF, SUMMARY ON, TIMING OFF) " + sql, values)
    console.print(f"[bold]{what}[/]")
    for row in cursor.fetchall():
        console.print("  " + row["QUERY PLAN"], markup=False)


async def get_page(session: aiohttp.ClientSession, path: str) -> int:
    """Return the size of a page in bytes as transferred."""
    expected = _STATUS_WITHOUT_QUEUES.get(path, web.HTTPOk.status_code)
    async with session.get(path, headers=_AS_A_BROWSER) as answer:
        if answer.status != expected:
            raise SystemExit(f"{path} answered {answer.status}")
        return len(await answer.read())


async def measure_pages(url: str) -> list[Figure]:
    """Return one row per page."""
    figures = []
    async with aiohttp.ClientSession(url, auto_decompress=False) as session:
        for what, path in PAGES.items():
            size_bytes = await get_page(session, path)
            times = await time_calls(partial(get_page, session, path))
            figures.append(Figure(what, p50_p99_ms(times), f"{size_bytes / 1000:.1f} KB", "its HTML, compressed"))
    return figures


async def measure(bench: Bench, url: str) -> list[Figure]:
    """Return one row per kind of read."""
    connection = bench.connect()
    cursor = connection.cursor()
    numbers = random_jobs()
    async with aiohttp.ClientSession(url) as session:
        single = await time_calls(lambda: get(session, f"/api/job/{next(numbers)['job']}"))
        data = {what: await time_calls(partial(get, session, path)) for what, path in DATA.items()}
        lists = {what: await time_calls(partial(get, session, path)) for what, path in LISTS.items()}
        products = {what: await time_calls(partial(get, session, path)) for what, path in PRODUCTS.items()}
    bare = p50_p99_ms(await time_bare_handler())
    selected = p50_p99_ms(time_selects(cursor, statement("bare_job"), random_jobs()))
    figures = [Figure("a bare aiohttp handler", bare)]
    figures.append(Figure("GET /api/job/<job>", p50_p99_ms(single), selected, "a bare SELECT of the row"))
    listed = p50_p99_ms(time_selects(cursor, statement("bare_jobs"), repeat({})))
    figures += [
        Figure(f"GET /api/job, {what}", p50_p99_ms(times), listed, "a bare SELECT of the newest 100")
        for what, times in lists.items()
    ]
    published = p50_p99_ms(time_selects(cursor, statement("bare_data"), repeat({})))
    figures += [
        Figure(f"data, {what}", p50_p99_ms(times), published, "a bare SELECT of 100 datasets")
        for what, times in data.items()
    ]
    offered = p50_p99_ms(time_selects(cursor, statement("bare_exports"), repeat({})))
    figures += [
        Figure(f"products, {what}", p50_p99_ms(times), offered, "a bare SELECT of 100 exports")
        for what, times in products.items()
    ]
    return figures


def main() -> None:
    with bench_database() as bench:
        with closing(bench.connect()) as connection, connection.cursor() as cursor:
            began = time.perf_counter()
            cursor.execute(statement("fill_runs"), {"runs": RUNS})
            cursor.execute(statement("fill_jobs"), {"jobs": JOBS, "runs": RUNS})
            cursor.execute(statement("fill_attempts"))
            cursor.execute(statement("fill_data"), {"result": json.dumps(RESULT)})
            cursor.execute(statement("fill_publications"))
            cursor.execute(statement("beat"))
            for name in ("fill_collections", "fill_builds", "fill_exports"):
                cursor.execute(statement(name), {"result": json.dumps(RESULT)})
            cursor.execute("VACUUM ANALYZE")
            console.print(f"{JOBS:,} jobs of {RUNS:,} runs written in {time.perf_counter() - began:.0f} s")
        with bench_api(bench) as (api, _pid):
            show(f"reads at {JOBS:,} jobs, p50 / p99 of {CALLS}", asyncio.run(measure(bench, api.url)))
            show(f"pages at {JOBS:,} jobs of {RUNS:,} runs, p50 / p99 of {CALLS}", asyncio.run(measure_pages(api.url)))
        with closing(bench.connect()) as connection, connection.cursor() as cursor:
            explain(cursor, "GET /api/job/<job>", _READS["job"], next(random_jobs()))
            for what, path in LISTS.items():
                explain(cursor, f"GET /api/job, {what}", _READS["jobs_by_id_desc"], _values(path))


if __name__ == "__main__":
    main()
