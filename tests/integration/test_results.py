"""Messages of the results queue against a real Postgres: moves, duplicates, retries, publishing."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from oa_api.db.database import Database, Row
from oa_api.identity.principal import SERVICE
from oa_api.jobs import actions
from oa_api.jobs.results import apply_event, apply_status
from oa_api.jobs.results_consumer import ResultsHandler
from oa_shared.ids import batch_job_name
from oa_shared.messages import BatchEvent, StatusMessage, dump
from oa_shared.outcomes import DeadLetter
from oa_shared.queue import ReceivedMessage
from oa_shared.status import JobStatus
from support.consuming import handle_one
from support.planned_jobs import create_planned_jobs

GOOD = {"count": 100, "fields": {"number": 90, "street": 100}, "outputs": {}}


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await Database.open(database_url)
    yield opened
    await opened.close()


async def make_job(database: Database, *, live: bool = True) -> Row:
    (job,) = await create_planned_jobs(database, "city", live=live)
    return await job_of(database, job)


async def job_of(database: Database, job: int) -> Row:
    row = await database.first("SELECT * FROM job WHERE id = %(job)s", {"job": job})
    assert row is not None
    return row


async def report(database: Database, job: Row, status: JobStatus, *, seq: int = 1, **extra: Any) -> str:
    message = StatusMessage(
        job=job["id"],
        attempt=job["attempt"],
        token=job["token"],
        seq=seq,
        status=status,
        at=datetime.now(UTC),
        **extra,
    )
    return await database.run(lambda transaction: apply_status(transaction, message))


async def published_jobs(database: Database) -> list[int]:
    return [row["job_id"] for row in await database.all("SELECT job_id FROM data")]


async def test_apply_status_success_of_a_live_run_is_published_once(database: Database) -> None:
    job = await make_job(database)
    assert await report(database, job, JobStatus.RUNNING) == "Running"
    assert await report(database, job, JobStatus.SUCCESS, seq=2, result=GOOD) == "Success"
    assert await report(database, job, JobStatus.SUCCESS, seq=2, result=GOOD) == "duplicate"
    assert await published_jobs(database) == [job["id"]]


async def test_apply_status_success_of_a_trial_run_is_not_published(database: Database) -> None:
    job = await make_job(database, live=False)
    await report(database, job, JobStatus.SUCCESS, result=GOOD)
    assert await published_jobs(database) == []


async def test_apply_status_reordered_running_after_success_is_ignored(database: Database) -> None:
    job = await make_job(database)
    await report(database, job, JobStatus.SUCCESS, seq=2, result=GOOD)
    assert await report(database, job, JobStatus.RUNNING) == "already_ended"
    assert (await job_of(database, job["id"]))["status"] == "Success"


async def test_apply_status_older_job_after_newer_does_not_replace_it(database: Database) -> None:
    older, newer = await make_job(database), await make_job(database)
    await report(database, newer, JobStatus.SUCCESS, result=GOOD)
    await report(database, older, JobStatus.SUCCESS, result=GOOD)
    assert await published_jobs(database) == [newer["id"]]


async def test_apply_status_upstream_failures_have_three_attempts(database: Database) -> None:
    job = await make_job(database)
    outcomes = []
    for _ in range(3):
        job = await job_of(database, job["id"])
        error = {"code": "upstream.timeout", "message": "x"}
        outcomes.append(await report(database, job, JobStatus.FAIL, error=error))
    assert outcomes == ["retried", "retried", "Fail"]
    ended = await job_of(database, job["id"])
    assert ended["status"] == "Fail"
    assert ended["attempt"] == 3
    assert ended["error_code"] == "upstream.timeout"
    waiting = await database.all("SELECT attempt FROM outbox WHERE available_at > now() ORDER BY attempt")
    assert [row["attempt"] for row in waiting] == [2, 3]


async def test_apply_status_old_attempt_after_retry_is_ignored(database: Database) -> None:
    job = await make_job(database)
    await report(database, job, JobStatus.FAIL, error={"code": "bug.crash", "message": "x"})
    assert await report(database, job, JobStatus.SUCCESS, seq=2, result=GOOD) == "other_attempt"
    assert await published_jobs(database) == []


async def test_report_with_a_token_that_its_attempt_never_had_is_a_dead_letter_and_changes_nothing(
    database: Database,
) -> None:
    victim, other = await make_job(database), await make_job(database)
    await report(database, other, JobStatus.FAIL, error={"code": "bug.crash", "message": "x"})
    earlier, latest = other, await job_of(database, other["id"])
    before = await database.all("SELECT * FROM job_event ORDER BY id")
    handler = ResultsHandler(database, grace_s=60)
    for job, attempt, token in (
        (victim, 1, other["token"]),
        (victim, 1, "0" * 32),
        (latest, 1, latest["token"]),
        (latest, 2, earlier["token"]),
    ):
        forged = StatusMessage(job["id"], attempt, token, 9, JobStatus.SUCCESS, datetime.now(UTC), result=GOOD)
        outcome = await handle_one(handler.apply_batch, ReceivedMessage("m", dump(forged), "r"))
        assert outcome == DeadLetter(f"the token is not that of job {job['id']}, attempt {attempt}")
    assert await database.all("SELECT * FROM job_event ORDER BY id") == before
    assert await database.all("SELECT 1 FROM inbox WHERE seq = 9") == []
    assert (await job_of(database, victim["id"]))["status"] == "Pending"


async def test_apply_status_of_an_attempt_that_the_database_does_not_know_is_ignored(database: Database) -> None:
    job = await make_job(database)
    message = StatusMessage(job["id"], 5, job["token"], 1, JobStatus.SUCCESS, datetime.now(UTC), result=GOOD)
    assert await database.run(lambda transaction: apply_status(transaction, message)) == "other_attempt"


async def test_apply_status_drop_of_features_needs_review_until_confirmed(database: Database) -> None:
    first, second = await make_job(database), await make_job(database)
    await report(database, first, JobStatus.SUCCESS, result=GOOD)
    assert await report(database, second, JobStatus.SUCCESS, result={**GOOD, "count": 80}) == "Warn"
    assert await published_jobs(database) == [first["id"]]
    await database.run(lambda transaction: actions.confirm(transaction, second["id"], by=SERVICE))
    assert await published_jobs(database) == [second["id"]]


async def test_apply_status_rejected_result_is_a_failure_and_stays_unpublished(database: Database) -> None:
    job = await make_job(database)
    await report(database, job, JobStatus.SUCCESS, result={**GOOD, "count": 0})
    await database.run(lambda transaction: actions.reject(transaction, job["id"], by=SERVICE))
    ended = await job_of(database, job["id"])
    assert ended["status"] == "Fail"
    assert ended["error_code"] == "operator.rejected"
    assert await published_jobs(database) == []


async def test_apply_event_waits_for_a_result_before_it_counts(database: Database) -> None:
    job = await make_job(database)
    name = batch_job_name("x", job["id"], job["attempt"], job["token"])
    event = BatchEvent(batch_job="b", job_name=name, status="FAILED", at=datetime.now(UTC), exit_code=1)
    assert await database.run(lambda transaction: apply_event(transaction, event, grace_s=60)) == "noted"
    assert (await job_of(database, job["id"]))["status"] == "Pending"
    assert await report(database, job, JobStatus.SUCCESS, result=GOOD) == "Success"


async def test_apply_event_of_a_foreign_job_is_ignored(database: Database) -> None:
    event = BatchEvent(batch_job="b", job_name="theirs", status="FAILED", at=datetime.now(UTC))
    assert await database.run(lambda transaction: apply_event(transaction, event, grace_s=0)) == "foreign_job"


async def test_apply_status_result_outside_of_its_coverage_needs_review_until_confirmed(database: Database) -> None:
    job = await make_job(database)
    problem = {"code": "outside_coverage", "message": "100% of the features are outside of Kings, New York"}
    placed = {**GOOD, "placement": {"bounds": [13.2, 52.4, 13.6, 52.6], "coverage": "Kings", "problems": [problem]}}
    assert await report(database, job, JobStatus.SUCCESS, result=placed) == "Warn"
    reasons = await database.all("SELECT code, message FROM review_reason")
    assert [(row["code"], row["message"]) for row in reasons] == [(problem["code"], problem["message"])]
    assert await published_jobs(database) == []
    await database.run(lambda transaction: actions.confirm(transaction, job["id"], by=SERVICE))
    assert await published_jobs(database) == [job["id"]]
