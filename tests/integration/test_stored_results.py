"""Results that the queue could not take: the consumer and the sweep read them from S3, within limits."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from oa_api.db.database import Database
from oa_api.jobs.results_consumer import ResultsHandler
from oa_api.jobs.sweep import Sweep, SweepTimes
from oa_shared.ids import attempt_prefix
from oa_shared.messages import MAX_STORED_BYTES, StatusMessage, dump
from oa_shared.outcomes import Ack, DeadLetter, Outcome, RetryAfter
from oa_shared.queue import ReceivedMessage
from oa_shared.status import JobStatus
from support.consuming import handle_one
from support.fakes.memory_queue import MemoryQueue
from support.fakes.memory_storage import MemoryStorage
from support.planned_jobs import create_planned_jobs

RESULT = {"count": 1, "extra": {f"f{number}": number for number in range(10_000)}, "outputs": {}}


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await Database.open(database_url)
    yield opened
    await opened.close()


async def success(database: Database, **more: Any) -> StatusMessage:
    """Return the whole message of a new job's success."""
    (job,) = await create_planned_jobs(database, "city", live=False)
    row = await database.first("SELECT token FROM job WHERE id = %(job)s", {"job": job})
    message = StatusMessage(
        job, 1, (row or {})["token"], 5, JobStatus.SUCCESS, datetime.now(UTC), result=RESULT, traceparent=None
    )
    return replace(message, **more)


async def store(storage: MemoryStorage, message: StatusMessage, body: bytes | None = None) -> None:
    stored = dump(message, max_bytes=MAX_STORED_BYTES).encode() if body is None else body
    await storage.put_bytes(attempt_prefix(message.job, message.attempt) + "result.json", stored)


async def handle(database: Database, storage: MemoryStorage | None, message: StatusMessage) -> Outcome:
    pointer = replace(message, result=None, result_stored=True)
    handler = ResultsHandler(database, grace_s=60, storage=storage)
    return await handle_one(handler.apply_batch, ReceivedMessage("m", dump(pointer), "r"))


async def job_of(database: Database, message: StatusMessage) -> dict[str, Any]:
    row = await database.first("SELECT * FROM job WHERE id = %(job)s", {"job": message.job})
    assert row is not None
    return row


async def test_result_on_s3_is_applied_like_one_of_the_queue(database: Database) -> None:
    storage, message = MemoryStorage(), await success(database)
    await store(storage, message)
    assert await handle(database, storage, message) == Ack()
    row = await job_of(database, message)
    assert (row["status"], row["result"]) == ("Success", RESULT)


async def test_result_on_s3_while_s3_is_down_is_delivered_again_and_stops_no_other(database: Database) -> None:
    storage, message = MemoryStorage(), await success(database)
    storage.is_down = True
    assert isinstance(await handle(database, storage, message), RetryAfter)
    assert (await job_of(database, message))["status"] == "Pending"


@pytest.mark.parametrize("body", [b"", b"not JSON", b"[]", b"{" * 100_000, b'{"v": 1, "kind": "job.status"}'])
async def test_unreadable_result_on_s3_is_a_dead_letter(database: Database, body: bytes) -> None:
    storage, message = MemoryStorage(), await success(database)
    await store(storage, message, body)
    assert isinstance(await handle(database, storage, message), DeadLetter)


@pytest.mark.parametrize(
    "other", [{"job": 99}, {"attempt": 2}, {"token": "f" * 32}, {"seq": 6}, {"status": JobStatus.FAIL}]
)
async def test_result_on_s3_of_another_report_is_a_dead_letter(database: Database, other: dict[str, Any]) -> None:
    storage, message = MemoryStorage(), await success(database)
    await store(storage, message, dump(replace(message, **other), max_bytes=MAX_STORED_BYTES).encode())
    assert isinstance(await handle(database, storage, message), DeadLetter)
    assert (await job_of(database, message))["status"] == "Pending"


async def test_result_on_s3_above_the_limit_is_not_read(database: Database) -> None:
    storage, message = MemoryStorage(), await success(database)
    await store(storage, message, b" " * (MAX_STORED_BYTES + 1))
    outcome = await handle(database, storage, message)
    assert isinstance(outcome, DeadLetter)
    assert "the limit is 1048576" in outcome.reason


@pytest.mark.parametrize("storage", [MemoryStorage(), None])
async def test_missing_result_on_s3_is_a_dead_letter(database: Database, storage: MemoryStorage | None) -> None:
    assert isinstance(await handle(database, storage, await success(database)), DeadLetter)


async def test_result_that_the_database_rejects_is_a_dead_letter_at_once(database: Database) -> None:
    message = await success(database, result={"count": 1})
    reject = "ALTER TABLE job ADD CONSTRAINT rejects CHECK (result IS NULL)"
    await database.execute(reject)
    outcome = await handle_one(
        ResultsHandler(database, grace_s=60).apply_batch, ReceivedMessage("m", dump(message), "r")
    )
    assert isinstance(outcome, DeadLetter)
    assert "rejects" in outcome.reason


async def exit_of(database: Database, job: int) -> None:
    insert = (
        "INSERT INTO batch_exit (job_id, attempt, batch_job, code, message, due_at)"
        " VALUES (%(job)s, 1, 'b', 'bug.crash', '', now() - interval '1 minute')"
    )
    await database.execute(insert, {"job": job})


async def test_sweep_continues_after_an_end_that_the_database_rejects(database: Database) -> None:
    bad, good = await create_planned_jobs(database, "bad", "good", live=False)
    overdue_bad, overdue = await create_planned_jobs(database, "overdue_bad", "overdue", live=False)
    await database.execute("ALTER TABLE job ADD CONSTRAINT rejects CHECK (rank < 9 OR name NOT LIKE '%%bad')")
    await exit_of(database, bad)
    await exit_of(database, good)
    ids = {"ids": [overdue_bad, overdue]}
    await database.execute("UPDATE job SET opened_at = now() - interval '3 days' WHERE id = ANY(%(ids)s)", ids)
    await Sweep(database, MemoryQueue(), MemoryStorage(), SweepTimes()).once()
    rows = await database.all("SELECT name, attempt, status FROM job ORDER BY id")
    states = {row["name"]: (row["attempt"], row["status"]) for row in rows}
    assert states["bad"] == (1, "Pending")
    assert states["good"] == (2, "Pending")  # bug.crash is retried once
    assert states["overdue_bad"] == (1, "Pending")
    assert states["overdue"] == (1, "Fail")
    (left,) = await database.all("SELECT job_id, due_at > now() + interval '50 minutes' AS is_later FROM batch_exit")
    assert left == {"job_id": bad, "is_later": True}
