"""Counts of failures of past days: the answers with them are those without, also when a report is late or corrected."""

import asyncio
import re
from html import unescape
from typing import Any

import pytest

from oa_api.jobs.sweep import Sweep, SweepTimes
from support.fakes.memory_queue import MemoryQueue
from support.fakes.memory_storage import MemoryStorage
from support.running_api import RunningApi, definition

HOST = "UPDATE job SET host = %(host)s WHERE id = ANY(%(jobs)s)"
FAIL = """
UPDATE {table} SET status = 'Fail', error_code = %(code)s, ended_at = now() - make_interval(hours => %(hours_ago)s)
WHERE {column} = ANY(%(jobs)s)
"""
MOVE = "UPDATE job_attempt SET ended_at = now() - make_interval(hours => %(hours_ago)s) WHERE job_id = %(job)s"
CORRECT = "UPDATE job_attempt SET status = 'Success', error_code = NULL WHERE job_id = %(job)s"
RETRY = """
INSERT INTO job_attempt (job_id, attempt, token, tier, status, error_code, ended_at)
VALUES (%(job)s, 2, 't', 'standard', 'Fail', 'upstream.timeout', now() - make_interval(hours => %(hours_ago)s))
"""
COUNTED_DAYS = "SELECT day::text FROM failure_day ORDER BY day"
QUERIES = [f"by={by}&days={days}" for by in ("code", "host", "place") for days in (1, 7, 90)]
FAIL_AGAIN = """
INSERT INTO job_attempt (job_id, attempt, token, tier, status, error_code, ended_at)
SELECT job_id, 2, 't', tier, status, error_code, ended_at FROM job_attempt WHERE job_id = ANY(%(jobs)s)
"""
FAILURES = (
    ("source.schema", "one.example.org", "xx/yy/a", (0, 30, 30, 100)),
    ("source.schema", "two.example.org", "xx/zz/b", (50, 150, 170)),
    ("upstream.timeout", "one.example.org", "xx/yy/a", (26, 60, 300, 2500)),
    ("upstream.timeout", None, "c", (75, 4000)),
)


@pytest.fixture
async def failed(api: RunningApi) -> list[int]:
    """Return jobs that failed with two codes, at two hosts and none, up to half a year ago."""
    jobs: list[int] = []
    for code, host, source, ages in FAILURES:
        for hours_ago in ages:
            posted = {"source": definition("a"), "source_name": source}
            _, answer = await api.post_jobs(await api.run(), posted)
            values = {"jobs": answer["jobs"], "code": code, "host": host, "hours_ago": hours_ago}
            for table, column in (("job", "id"), ("job_attempt", "job_id")):
                await api.database.execute(FAIL.format(table=table, column=column), values)
            await api.database.execute(HOST, values)
            jobs += answer["jobs"]
    return jobs


async def count(api: RunningApi) -> list[str]:
    """Let the sweep count all past days, and return them."""
    sweep = Sweep(api.database, MemoryQueue(), MemoryStorage(), SweepTimes())
    for _ in range(20):
        await sweep.count_failures()
    return [str(day) for day in await api.database.all(COUNTED_DAYS, into=str)]


async def test_each_number_of_failures_leads_to_exactly_these_jobs(api: RunningApi, failed: list[int]) -> None:
    assert failed
    for query in QUERIES:
        html = await (await api.client.get(f"/errors?{query}", headers={"Accept": "text/html"})).text()
        links = re.findall(r'<a href="/jobs\?([^"]+)">(\d+)</a>', html)
        assert links, query
        for selection, number in links:
            assert (await api.get(f"/api/job?{unescape(selection)}"))["total"] == int(number), (query, selection)


async def answers(api: RunningApi) -> list[Any]:
    return [await api.get(f"/api/failure?{query}") for query in QUERIES]


async def test_answers_with_counted_days_are_those_without(api: RunningApi, failed: list[int]) -> None:
    before = await answers(api)
    days = await count(api)
    assert len(days) >= 178
    assert await answers(api) == before
    assert await count(api) == days
    row = await api.database.first("SELECT sum(jobs)::integer AS jobs FROM failure_count WHERE grouped_by = 'host'")
    assert row is not None
    assert row["jobs"] >= len(failed) - 2


async def test_job_that_fails_twice_on_a_day_counts_once(api: RunningApi, failed: list[int]) -> None:
    before = await answers(api)
    await api.database.execute(FAIL_AGAIN, {"jobs": failed})
    assert await answers(api) == before
    await count(api)
    assert await answers(api) == before


@pytest.mark.parametrize("statement", [MOVE, CORRECT, RETRY])
async def test_day_of_a_late_or_corrected_report_is_counted_again(
    api: RunningApi, failed: list[int], statement: str
) -> None:
    days = await count(api)
    await api.database.execute(statement, {"job": failed[3], "hours_ago": 400})
    assert len(await api.database.all(COUNTED_DAYS)) < len(days)
    changed = await answers(api)
    assert await count(api) == days
    assert await answers(api) == changed
    await api.database.execute("DELETE FROM failure_day")
    assert await answers(api) == changed


async def test_sweeps_of_two_processes_count_each_day_once(api: RunningApi, failed: list[int]) -> None:
    sweeps = [Sweep(api.database, MemoryQueue(), MemoryStorage(), SweepTimes()) for _ in range(3)]
    before = await answers(api)
    for _ in range(20):
        await asyncio.gather(*(sweep.count_failures() for sweep in sweeps))
    assert await answers(api) == before
    assert len(failed) == 13


async def test_sweep_forgets_days_that_no_trend_shows(api: RunningApi, failed: list[int]) -> None:
    old = "INSERT INTO failure_day (day) VALUES ((now() AT TIME ZONE 'UTC')::date - 400)"
    await api.database.execute(old)
    assert len(await count(api)) <= 2 * 180
    row = await api.database.first("SELECT count(*) AS days FROM failure_day WHERE day < now() - interval '365 days'")
    assert row == {"days": 0}
    assert failed
