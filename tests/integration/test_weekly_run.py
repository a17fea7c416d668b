"""The age of the weekly run, from which a deployed stack learns that none has ended."""

from pathlib import Path
from typing import Any

import psycopg2
import pytest

import oa_api.schedules.sources_task as sources_module
from integration.test_backlog import read_backlog
from integration.test_schedules import KilledError, tasks_for, trigger, write
from oa_api.schedules.worker import schedule_once
from support.running_api import RunningApi, definition

_DAY_S = 86_400.0
_END_JOBS = "UPDATE job SET status = 'Success', rank = 9, ended_at = created_at + interval '6 hours'"
_OPEN_LAST = """
    UPDATE job SET status = 'Running', rank = 2, ended_at = NULL WHERE id = (SELECT max(id) FROM job)
"""
_RERUN_FIRST = """
    UPDATE job SET status = 'Pending', rank = 0, ended_at = NULL, opened_at = now()
    WHERE id = (SELECT min(id) FROM job)
"""
_AGE_RUNS = """
    WITH aged AS (UPDATE run SET created_at = created_at - %(by)s::interval, closed_at = closed_at - %(by)s::interval)
    UPDATE job SET created_at = created_at - %(by)s::interval, opened_at = opened_at - %(by)s::interval,
                   ended_at = ended_at - %(by)s::interval
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for number in range(3):
        write(tmp_path, f"us/s{number}", definition("city"))
    return tmp_path


@pytest.fixture
async def old_api(api: RunningApi, database_url: str) -> RunningApi:
    """Return the API of a stack that was created thirty days ago."""
    connection = psycopg2.connect(database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute("UPDATE migration SET applied_at = now() - interval '30 days'")
    connection.close()
    return api


async def read_age_days(api: RunningApi) -> float:
    """Return the age of the log line, which the metric repeats."""
    age_s = float((await read_backlog(api))["weekly_run_age_s"])
    text = await (await api.client.get("/metrics")).text()
    (measured,) = (line for line in text.splitlines() if line.startswith("oa_weekly_run_age_seconds "))
    assert abs(float(measured.split()[1]) - age_s) < 60
    return age_s / _DAY_S


async def run_weekly(api: RunningApi, repository: Path, **body: Any) -> None:
    """Run the schedule, which creates a closed live run with three jobs."""
    await trigger(api, **body)
    assert await schedule_once(api.database, tasks_for(api, repository))


async def test_fresh_stack_counts_from_its_first_migration(api: RunningApi) -> None:
    assert 0 <= await read_age_days(api) < 0.1


async def test_stack_that_never_ran_counts_from_its_first_migration(old_api: RunningApi) -> None:
    assert await read_age_days(old_api) == pytest.approx(30, abs=0.1)


async def test_triggered_run_that_no_worker_starts_does_not_count(old_api: RunningApi) -> None:
    await trigger(old_api)
    assert await read_age_days(old_api) == pytest.approx(30, abs=0.1)


async def test_run_that_crashes_the_process_each_time_does_not_count(
    old_api: RunningApi, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(name: str) -> None:
        if name == "schedule.after_chunk":
            raise KilledError

    monkeypatch.setattr(sources_module, "_DEFINITIONS_PER_TRANSACTION", 1)
    monkeypatch.setattr(sources_module, "fault_point", die)
    await trigger(old_api)
    for _ in range(3):
        with pytest.raises(KilledError):
            await schedule_once(old_api.database, tasks_for(old_api, repository))
        await old_api.database.execute("UPDATE schedule_run SET lease_until = now() - interval '1 second'")
    await old_api.database.execute(_END_JOBS)
    assert await old_api.count("job") == 3
    assert await read_age_days(old_api) == pytest.approx(30, abs=0.1)


async def test_run_that_has_not_ended_does_not_count(old_api: RunningApi, repository: Path) -> None:
    await run_weekly(old_api, repository)
    await old_api.database.execute(_END_JOBS)
    await old_api.database.execute(_OPEN_LAST)
    assert await read_age_days(old_api) == pytest.approx(30, abs=0.1)


async def test_run_without_a_job_does_not_count(old_api: RunningApi, tmp_path: Path) -> None:
    write(tmp_path, "us/wrong", {"schema": 1})
    await run_weekly(old_api, tmp_path)
    await old_api.database.execute("INSERT INTO run (live, lane, closed_at) VALUES (true, 'weekly', now())")
    await old_api.database.execute("UPDATE schedule_run SET run_id = (SELECT max(id) FROM run)")
    assert await old_api.database.first("SELECT state FROM schedule_run", into=str) == "Done"
    assert await old_api.count("job") == 0
    assert await read_age_days(old_api) == pytest.approx(30, abs=0.1)


async def test_run_of_another_kind_does_not_count(old_api: RunningApi) -> None:
    await old_api.job(live=True)
    await old_api.database.execute("UPDATE run SET closed_at = now()")
    await old_api.database.execute(_END_JOBS)
    assert await read_age_days(old_api) == pytest.approx(30, abs=0.1)


async def test_run_counts_from_the_end_of_its_last_job(old_api: RunningApi, repository: Path) -> None:
    await run_weekly(old_api, repository)
    await old_api.database.execute(_END_JOBS)
    await old_api.database.execute(_AGE_RUNS, {"by": "5 days"})
    assert await read_age_days(old_api) == pytest.approx(4.75, abs=0.1)


async def test_next_run_in_progress_leaves_the_age_to_the_last_one(old_api: RunningApi, repository: Path) -> None:
    await run_weekly(old_api, repository, period="2026-W47")
    await old_api.database.execute(_END_JOBS)
    await old_api.database.execute(_AGE_RUNS, {"by": "7 days"})
    await run_weekly(old_api, repository, period="2026-W48")
    assert await old_api.count("job") == 6
    assert await read_age_days(old_api) == pytest.approx(6.75, abs=0.1)


async def test_rerun_of_a_job_neither_hides_a_missing_run_nor_reports_one(
    old_api: RunningApi, repository: Path
) -> None:
    await run_weekly(old_api, repository)
    await old_api.database.execute(_END_JOBS)
    await old_api.database.execute(_AGE_RUNS, {"by": "10 days"})
    await old_api.database.execute(_RERUN_FIRST)
    assert await read_age_days(old_api) == pytest.approx(8, abs=0.1)
