"""Messages of the results queue in rare cases: late results, two containers, reruns, newer jobs."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from oa_api.db.database import Database, Row
from oa_api.identity.principal import SERVICE
from oa_api.jobs import actions
from oa_api.jobs.requests import AttemptReport
from oa_api.jobs.results import apply_event, apply_status
from oa_api.jobs.sweep import Sweep, SweepTimes
from oa_shared.claim import CLAIM_FILE, claim
from oa_shared.ids import attempt_prefix, batch_job_name
from oa_shared.messages import BatchEvent, StatusMessage, dump
from oa_shared.status import JobStatus
from support.fakes.memory_queue import MemoryQueue
from support.fakes.memory_storage import MemoryStorage
from support.planned_jobs import create_planned_jobs

GOOD = {"count": 100, "fields": {"number": 90, "street": 100}, "outputs": {}}


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await Database.open(database_url)
    yield opened
    await opened.close()


async def make_job(database: Database) -> int:
    (job,) = await create_planned_jobs(database, "city")
    return job


async def row_of(database: Database, job: int) -> Row:
    row = await database.first("SELECT * FROM job WHERE id = %(job)s", {"job": job})
    assert row is not None
    return row


async def report(database: Database, job: int, status: JobStatus, code: str | None = None, *, seq: int = 1) -> str:
    """Report as the container of the latest attempt."""
    row = await row_of(database, job)
    error = {"code": code, "message": "x"} if code else None
    result = GOOD if status is JobStatus.SUCCESS else None
    message = StatusMessage(job, row["attempt"], row["token"], seq, status, datetime.now(UTC), error, result)
    return await database.run(lambda transaction: apply_status(transaction, message))


async def fail(database: Database, job: int, *codes: str) -> list[str]:
    return [await report(database, job, JobStatus.FAIL, code) for code in codes]


async def event(database: Database, job: int, batch_job: str, status: str = "FAILED", exit_code: int = 1) -> str:
    row = await row_of(database, job)
    name = batch_job_name("x", job, row["attempt"], row["token"])
    batch_event = BatchEvent(batch_job, name, status, datetime.now(UTC), exit_code=exit_code)
    return await database.run(lambda transaction: apply_event(transaction, batch_event, grace_s=0))


async def sweep(database: Database, storage: MemoryStorage | None = None) -> None:
    await Sweep(database, MemoryQueue(), storage or MemoryStorage(), SweepTimes()).once()


async def test_success_after_the_last_attempt_was_presumed_lost_is_accepted(database: Database) -> None:
    job = await make_job(database)
    assert await fail(database, job, *["infra.lost"] * 6) == ["retried"] * 5 + ["Fail"]
    assert await report(database, job, JobStatus.SUCCESS, seq=2) == "Success"
    assert (await row_of(database, job))["error_code"] is None
    assert await database.all("SELECT 1 FROM data")


async def test_success_of_a_lost_attempt_after_a_newer_one_started_is_ignored(database: Database) -> None:
    job = await make_job(database)
    row = await row_of(database, job)
    await fail(database, job, "infra.lost")
    message = StatusMessage(job, 1, row["token"], 2, JobStatus.SUCCESS, datetime.now(UTC), result=GOOD)
    assert await database.run(lambda transaction: apply_status(transaction, message)) == "other_attempt"


async def test_stored_result_with_a_token_of_another_attempt_does_not_count(database: Database) -> None:
    job, storage = await make_job(database), MemoryStorage()
    planted = StatusMessage(job, 1, "0" * 32, 2, JobStatus.SUCCESS, datetime.now(UTC), result=GOOD)
    await storage.put_bytes(f"job/{job}/attempt-1/result.json", dump(planted).encode())
    assert await event(database, job, "b") == "noted"
    await sweep(database, storage)
    row = await row_of(database, job)
    assert (row["status"], row["attempt"]) == ("Pending", 2)  # bug.crash is retried once
    assert await database.all("SELECT 1 FROM batch_exit") == []


async def test_failures_of_other_classes_do_not_use_up_retries(database: Database) -> None:
    job = await make_job(database)
    codes = ["infra.host_lost", "upstream.timeout", "infra.storage", "bug.crash", "upstream.http_5xx", "infra.lost"]
    assert await fail(database, job, *codes) == ["retried"] * 6
    assert await fail(database, job, "upstream.connection") == ["Fail"]


async def test_out_of_memory_twice_ends_on_the_next_tier(database: Database) -> None:
    job = await make_job(database)
    assert await fail(database, job, *["resource.out_of_memory"] * 2) == ["retried", "Fail"]
    assert (await row_of(database, job))["tier"] == "large"


async def test_rerun_has_all_retries_and_its_deadline_again(database: Database) -> None:
    job = await make_job(database)
    await fail(database, job, "bug.crash", "bug.crash")
    await database.execute("UPDATE job SET opened_at = now() - interval '3 days'")
    await database.run(lambda transaction: actions.rerun(transaction, job, by=SERVICE))
    await sweep(database)
    assert (await row_of(database, job))["status"] == "Pending"
    assert await fail(database, job, "bug.crash", "bug.crash") == ["retried", "Fail"]


async def test_new_attempt_starts_without_the_error_of_the_last(database: Database) -> None:
    job = await make_job(database)
    await fail(database, job, "bug.crash")
    row = await row_of(database, job)
    assert row["status"] == "Pending"
    assert row["error_code"] is None
    assert row["error_message"] is None


async def test_rerun_that_fails_keeps_the_published_data(database: Database) -> None:
    job = await make_job(database)
    await report(database, job, JobStatus.SUCCESS)
    await database.run(lambda transaction: actions.rerun(transaction, job, by=SERVICE))
    await fail(database, job, "source.not_found")
    (data,) = await database.all("SELECT job_id, attempt, result FROM data")
    assert data["job_id"] == job
    assert data["attempt"] == 1
    assert data["result"] == GOOD


async def test_rerun_that_succeeds_is_published_as_another_attempt(database: Database) -> None:
    job = await make_job(database)
    await report(database, job, JobStatus.SUCCESS)
    await database.run(lambda transaction: actions.rerun(transaction, job, by=SERVICE))
    await report(database, job, JobStatus.SUCCESS)
    published = await database.all("SELECT attempt FROM job_event WHERE kind = 'data.published' ORDER BY id")
    assert [row["attempt"] for row in published] == [1, 2]


async def test_older_job_with_fewer_features_than_a_newer_one_needs_no_review(database: Database) -> None:
    older, newer = await make_job(database), await make_job(database)
    await report(database, newer, JobStatus.SUCCESS)
    row = await row_of(database, older)
    fewer = {**GOOD, "count": 10}
    message = StatusMessage(older, 1, row["token"], 1, JobStatus.SUCCESS, datetime.now(UTC), result=fewer)
    assert await database.run(lambda transaction: apply_status(transaction, message)) == "Success"
    assert [row["job_id"] for row in await database.all("SELECT job_id FROM data")] == [newer]


async def test_duplicate_is_recorded_with_its_reason(database: Database) -> None:
    job = await make_job(database)
    for _ in range(2):
        await report(database, job, JobStatus.RUNNING)
    events = await database.all("SELECT accepted, reason FROM job_event WHERE kind = 'job.status' ORDER BY id")
    assert [(row["accepted"], row["reason"]) for row in events] == [(True, None), (False, "duplicate")]


async def test_submitted_after_running_still_records_the_batch_job(database: Database) -> None:
    job = await make_job(database)
    await report(database, job, JobStatus.RUNNING)
    row = await row_of(database, job)
    submitted = AttemptReport(status=JobStatus.SUBMITTED, attempt=1, token=row["token"], batch_job="b1")
    assert await database.run(lambda transaction: actions.report_status(transaction, job, submitted)) == "already_there"
    row = await row_of(database, job)
    assert row["status"] == "Running"
    assert row["batch_job"] == "b1"


async def test_end_of_a_container_without_the_claim_does_not_end_the_attempt(database: Database) -> None:
    job = await make_job(database)
    await report(database, job, JobStatus.RUNNING)
    storage = MemoryStorage()
    await storage.put_bytes(attempt_prefix(job, 1) + CLAIM_FILE, claim("the-worker", "x"))
    assert await event(database, job, "another", "SUCCEEDED", 0) == "noted"
    await sweep(database, storage)
    row = await row_of(database, job)
    assert row["status"] == "Running"
    assert row["batch_job"] == "the-worker"
    assert await event(database, job, "the-worker") == "noted"
    await sweep(database, storage)
    assert (await row_of(database, job))["attempt"] == 2


@pytest.mark.parametrize(
    ("status", "exit_code", "reason", "code"),
    [
        ("SUCCEEDED", 0, "", "bug.no_result"),
        ("FAILED", 137, "OutOfMemoryError: Container killed", "resource.out_of_memory"),
        ("FAILED", 137, "", "infra.host_lost"),
        ("FAILED", None, "Host EC2 (instance i-1) terminated.", "infra.host_lost"),
        ("FAILED", None, "CannotPullContainerError: x", "infra.image_pull"),
        ("FAILED", None, "oa: past its deadline", "infra.deadline"),
        ("LOST", None, "", "infra.lost"),
    ],
)
async def test_container_without_a_result_ends_with_the_reason_of_batch(
    database: Database, status: str, exit_code: int | None, reason: str, code: str
) -> None:
    job = await make_job(database)
    row = await row_of(database, job)
    name = batch_job_name("x", job, 1, row["token"])
    batch_event = BatchEvent("b", name, status, datetime.now(UTC), exit_code=exit_code, reason=reason)
    await database.run(lambda transaction: apply_event(transaction, batch_event, grace_s=0))
    await sweep(database)
    (first, *_) = await database.all("SELECT error_code FROM job_attempt ORDER BY attempt")
    assert first["error_code"] == code


async def test_result_on_storage_takes_precedence_over_batch(database: Database) -> None:
    job = await make_job(database)
    row = await row_of(database, job)
    storage = MemoryStorage()
    left = StatusMessage(job, 1, row["token"], 9, JobStatus.SUCCESS, datetime.now(UTC), result=GOOD)
    await storage.put_bytes(attempt_prefix(job, 1) + "result.json", dump(left).encode())
    await event(database, job, "b")
    await sweep(database, storage)
    assert (await row_of(database, job))["status"] == "Success"


@pytest.mark.parametrize("body", [b"", b"not JSON", b'{"v":1}', b'{"a":"\\u0000"}'])
async def test_unreadable_result_on_storage_is_ignored(database: Database, body: bytes) -> None:
    job = await make_job(database)
    storage = MemoryStorage()
    await storage.put_bytes(attempt_prefix(job, 1) + "result.json", body)
    await event(database, job, "b", exit_code=1)
    await sweep(database, storage)
    (first, *_) = await database.all("SELECT error_code FROM job_attempt ORDER BY attempt")
    assert first["error_code"] == "bug.crash"


async def test_storage_down_keeps_the_batch_exit_and_the_deadline_still_works(database: Database) -> None:
    waiting, overdue = await make_job(database), await make_job(database)
    await event(database, waiting, "b")
    await database.execute("UPDATE job SET opened_at = now() - interval '3 days' WHERE id = %(job)s", {"job": overdue})
    storage: Any = MemoryStorage()
    storage.is_down = True
    with pytest.raises(Exception, match="away"):
        await sweep(database, storage)
    assert (await row_of(database, overdue))["error_code"] == "infra.deadline"
    assert (await row_of(database, waiting))["attempt"] == 1
    await sweep(database)
    assert (await row_of(database, waiting))["attempt"] == 2
