"""A run has one job for each source, layer and name, however often its sources are posted."""

import asyncio
from typing import Any

import pytest

from oa_api.db import migration
from oa_api.db.database import Database
from oa_api.db.migration import ensure_migrated
from oa_local.postgres import Postgres
from support.running_api import INTERNAL, RunningApi, definition


def _element(*names: str, source_name: str = "xx/a", **extra: Any) -> dict[str, Any]:
    return {"source": definition(*names, **extra), "source_name": source_name}


async def test_post_jobs_again_without_a_key_gets_the_existing_jobs(api: RunningApi) -> None:
    run = await api.run()
    status, first = await api.post_jobs(run, _element("a", "b"))
    assert (status, first["existing"], first["different"]) == (200, [], [])
    rows = await api.rows()
    status, second = await api.post_jobs(run, _element("a", "b"))
    assert (status, second) == (200, {**first, "existing": first["jobs"]})
    assert await api.rows() == rows


async def test_post_jobs_new_entries_of_a_known_source_are_added(api: RunningApi) -> None:
    run = await api.run()
    _, first = await api.post_jobs(run, _element("b"))
    _, second = await api.post_jobs(run, _element("a", "b", "c"))
    assert second["existing"] == first["jobs"]
    assert second["jobs"][1] == first["jobs"][0]
    assert len(set(second["jobs"])) == await api.count("job") == 3
    assert second["different"] == first["jobs"]
    names = [(await api.get(f"/api/job/{job}"))["name"] for job in second["jobs"]]
    assert names == ["a", "b", "c"]


async def test_post_jobs_source_twice_in_one_request_is_one_job(api: RunningApi) -> None:
    _, answer = await api.post_jobs(await api.run(), _element("a"), _element("a"), _element("a", source_name="xx/b"))
    assert len(answer["jobs"]) == await api.count("job") == await api.count("outbox") == 2
    assert (answer["existing"], answer["different"]) == ([], [])


async def test_post_jobs_other_definition_of_an_entry_is_named_and_the_first_stays(api: RunningApi) -> None:
    run = await api.run()
    _, first = await api.post_jobs(run, _element("a"), _element("a", coverage={"country": "xx"}))
    assert first["different"] == first["jobs"]
    _, second = await api.post_jobs(run, _element("a", coverage={"country": "xy"}))
    assert (second["jobs"], second["existing"], second["different"]) == (first["jobs"],) * 3
    assert "country" not in (await api.get(f"/api/job/{first['jobs'][0]}/raw"))["coverage"]


async def test_post_jobs_same_source_in_another_run_is_another_job(api: RunningApi) -> None:
    answers = [(await api.post_jobs(await api.run(), _element("a")))[1] for _ in range(2)]
    assert answers[0]["jobs"] != answers[1]["jobs"]
    assert [answer["existing"] for answer in answers] == [[], []]


async def test_post_jobs_concurrently_creates_each_job_once(api: RunningApi) -> None:
    run = await api.run()
    names = [chr(ord("a") + number) for number in range(8)]
    answers = await asyncio.gather(
        *(api.post_jobs(run, _element(*names[number % 3 : number % 3 + 5])) for number in range(9))
    )
    assert {status for status, _ in answers} == {200}
    created = [job for _, answer in answers for job in answer["jobs"] if job not in answer["existing"]]
    assert sorted(created) == sorted({job for _, answer in answers for job in answer["jobs"]})
    assert await api.count("job") == await api.count("outbox") == await api.count("job_attempt") == 7


async def test_post_jobs_after_a_rerun_gets_the_job_with_its_new_attempt(api: RunningApi) -> None:
    run = await api.run()
    _, first = await api.post_jobs(run, _element("a"))
    (job,) = first["jobs"]
    await api.client.post(f"/api/job/{job}/cancel", json={"reason": "x"}, headers=INTERNAL)
    response = await api.client.post(f"/api/job/{job}/rerun", json={"reason": "x"}, headers=INTERNAL)
    assert response.status == 200
    _, second = await api.post_jobs(run, _element("a"))
    assert (second["jobs"], second["existing"]) == ([job], [job])
    assert (await api.get(f"/api/job/{job}"))["attempt"] == 2


_INSERT = """
INSERT INTO job (run_id, source_name, source_sha256, layer, name, tier, token, once_in_run)
SELECT 1, 'xx/a', sha256, 'addresses', 'a', 'small', 'token', {mark} FROM source LIMIT 1
"""


async def test_database_refuses_a_second_new_job_of_an_entry(api: RunningApi) -> None:
    run = await api.run()
    await api.post_jobs(run, _element("a"))
    statement = _INSERT.replace("SELECT 1", f"SELECT {run}")
    with pytest.raises(Exception, match="job_once_in_run"):
        await api.database.execute(statement.format(mark="true"))
    await api.database.execute(statement.format(mark="NULL"))  # as the code before did


async def test_migration_database_with_repeated_jobs_is_migrated_and_gets_no_more(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = migration._migrations()
    (number,) = [index for index, (name, _) in enumerate(everything) if "unique_jobs" in name]
    database = await Database.open(postgres.create("repeated_jobs"), connections=2)
    try:
        monkeypatch.setattr(migration, "_migrations", lambda: everything[:number])
        await ensure_migrated(database)
        await database.execute("INSERT INTO run (live, lane) VALUES (false, 'manual')")
        await database.execute("INSERT INTO source (sha256, definition) VALUES (repeat('0', 64), '{}')")
        for _ in range(2):
            await database.execute(_INSERT.replace(", once_in_run", "").replace(", {mark}", ""))
        monkeypatch.undo()
        await ensure_migrated(database)
        row = await database.first("SELECT count(*) AS jobs, count(once_in_run) AS marked FROM job")
        assert row is not None
        assert (row["jobs"], row["marked"]) == (2, 0)
    finally:
        await database.close()
