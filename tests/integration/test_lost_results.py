"""The audit of the store: results whose files are gone are named, and files that are back are served again."""

import pytest

from oa_api.jobs.lost_results import StoreAudit
from oa_shared.status import JobStatus
from oa_shared.storage import StorageUnavailableError
from support.fakes.memory_storage import MemoryStorage
from support.heartbeats import report_all_parts
from support.publishing import make_job, publish, report_status, result
from support.running_api import RunningApi

_FILE = "job/{job}/attempt-1/changes.jsonl.gz"  # the largest one


async def _publish_many(api: RunningApi, storage: MemoryStorage, number: int) -> list[int]:
    """Publish datasets, store their files, and return their jobs."""
    jobs = [(await publish(api, f"xx/{place}"))["id"] for place in range(number)]
    for job in jobs:
        await storage.put_bytes(_FILE.format(job=job), b"x")
    return jobs


async def _audit_all(api: RunningApi, storage: MemoryStorage, *, rounds: int = 5) -> None:
    """Audit as long as the worker would without a rest, for some rounds."""
    audit = StoreAudit(api.database, storage)
    for _ in range(rounds):
        while await audit.once():
            pass


async def _problems(api: RunningApi) -> list[str]:
    await report_all_parts(api.database)
    problems: list[str] = (await api.get("/"))["problems"]
    await api.database.execute("DELETE FROM process_heartbeat")
    return problems


async def test_sound_store_has_lost_nothing(api: RunningApi) -> None:
    storage = MemoryStorage()
    await _publish_many(api, storage, 12)
    await _audit_all(api, storage)
    assert await _problems(api) == []


async def test_emptied_store_is_noticed_in_one_round_and_named(api: RunningApi) -> None:
    storage = MemoryStorage()
    jobs = await _publish_many(api, storage, 12)
    await storage.delete_many([_FILE.format(job=job) for job in jobs])
    await _audit_all(api, storage, rounds=1)
    (problem,) = await _problems(api)
    assert "the store has lost the files of 12 results" in problem
    assert f"(jobs {', '.join(map(str, jobs[:5]))}, …)" in problem
    assert "oa job rerun" in problem
    response = await api.client.get(f"/api/job/{jobs[0]}/output/source.geojson.gz")
    assert response.status == 404
    assert f"rerun job {jobs[0]}" in (await response.json())["detail"]


async def test_single_lost_file_is_found_in_turn(api: RunningApi) -> None:
    storage = MemoryStorage()
    jobs = await _publish_many(api, storage, 12)
    await storage.delete_many([_FILE.format(job=jobs[-1])])
    await _audit_all(api, storage, rounds=1)
    assert await _problems(api) == []
    await _audit_all(api, storage)
    (problem,) = await _problems(api)
    assert "the files of 1 result, noticed at " in problem
    assert f"(jobs {jobs[-1]})" in problem


async def test_result_that_needs_review_is_checked(api: RunningApi) -> None:
    job = await make_job(api)
    reported = result(job["id"])
    await report_status(api.database, job, JobStatus.SUCCESS, result=reported)
    await api.database.execute("UPDATE job SET status = 'Warn'")
    await api.database.execute("DELETE FROM publication")
    await api.database.execute("DELETE FROM data")
    await _audit_all(api, MemoryStorage(), rounds=1)
    assert f"(jobs {job['id']})" in (await _problems(api))[0]


async def test_files_that_are_back_and_results_that_are_replaced_are_no_longer_lost(api: RunningApi) -> None:
    storage = MemoryStorage()
    jobs = await _publish_many(api, storage, 2)
    await storage.delete_many([_FILE.format(job=job) for job in jobs])
    await _audit_all(api, storage, rounds=1)
    await storage.put_bytes(_FILE.format(job=jobs[0]), b"x")
    newer = await publish(api, "xx/1")
    await storage.put_bytes(_FILE.format(job=newer["id"]), b"x")
    await _audit_all(api, storage, rounds=1)
    assert await _problems(api) == []


async def test_any_file_that_is_back_is_noticed_in_turn(api: RunningApi) -> None:
    storage = MemoryStorage()
    jobs = await _publish_many(api, storage, 12)
    await storage.delete_many([_FILE.format(job=job) for job in jobs])
    audit = StoreAudit(api.database, storage)
    while await audit.once():
        pass
    await storage.put_bytes(_FILE.format(job=jobs[-1]), b"x")
    for _ in range(3):
        await audit.once()
    (problem,) = await _problems(api)
    assert "the files of 11 results" in problem


async def test_files_that_are_back_together_are_noticed_in_one_round(api: RunningApi) -> None:
    storage = MemoryStorage()
    jobs = await _publish_many(api, storage, 12)
    await storage.delete_many([_FILE.format(job=job) for job in jobs])
    await _audit_all(api, storage, rounds=1)
    for job in jobs:
        await storage.put_bytes(_FILE.format(job=job), b"x")
    await _audit_all(api, storage, rounds=1)
    assert await _problems(api) == []


async def test_files_that_retention_deleted_are_not_lost(api: RunningApi) -> None:
    (job,) = await _publish_many(api, storage := MemoryStorage(), 1)
    await storage.delete_many([_FILE.format(job=job)])
    await api.database.execute(
        "INSERT INTO file_deletion (job_id, attempt, part, rule) VALUES (%(job)s, 1, 'files', 'superseded')",
        {"job": job},
    )
    await _audit_all(api, storage)
    assert await _problems(api) == []


async def test_store_that_is_down_has_lost_nothing(api: RunningApi) -> None:
    storage = MemoryStorage()
    await _publish_many(api, storage, 2)
    storage.is_down = True
    with pytest.raises(StorageUnavailableError):
        await StoreAudit(api.database, storage).once()
    assert await _problems(api) == []
