"""Batches of the results queue: the same effects as message by message, and no message that decides about another."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from oa_api.db.database import Database, Row
from oa_api.jobs.result_batches import MAX_MESSAGES, ResultMessage, apply_batch, places_by_job
from oa_api.jobs.results import apply_event, apply_status
from oa_api.jobs.results_consumer import ResultsHandler
from oa_shared.ids import batch_job_name
from oa_shared.messages import BatchEvent, StatusMessage, dump
from oa_shared.outcomes import Ack, DeadLetter, DependencyDown, RetryAfter
from oa_shared.queue import ReceivedMessage
from oa_shared.status import JobStatus
from support.planned_jobs import create_planned_jobs

GOOD = {"count": 100, "fields": {"number": 90}, "outputs": {}}
PROGRESS = {"phase": "convert", "done": 5, "total": 9}
CODES = ("upstream.timeout", "source.schema", "bug.crash", "infra.lost")
# What a message leaves behind, without numbers and times that differ between two databases' rows.
TRACES = (
    (
        "SELECT status, rank, attempt, tier, error_code, error_message, progress, result ->> 'count' AS features,"
        " started_at IS NULL AS unstarted, ended_at IS NULL AS unended FROM job WHERE id = %(job)s"
    ),
    (
        "SELECT attempt, status, error_code, started_at IS NULL AS unstarted, ended_at IS NULL AS unended"
        " FROM job_attempt WHERE job_id = %(job)s ORDER BY attempt"
    ),
    (
        "SELECT attempt, kind, accepted, reason, detail, run_id IS NULL AS of_no_run FROM job_event"
        " WHERE job_id = %(job)s ORDER BY id"
    ),
    "SELECT attempt, seq FROM inbox WHERE job_id = %(job)s ORDER BY attempt, seq",
    "SELECT attempt, code FROM batch_exit WHERE job_id = %(job)s ORDER BY attempt",
    "SELECT attempt FROM outbox WHERE job_id = %(job)s ORDER BY id",
    "SELECT attempt FROM publication WHERE job_id = %(job)s ORDER BY id",
)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await Database.open(database_url)
    yield opened
    await opened.close()


async def make_jobs(database: Database, *names: str) -> list[Row]:
    jobs = [job for name in names for job in await create_planned_jobs(database, name, live=True)]
    return await database.all("SELECT * FROM job WHERE id = ANY(%(jobs)s) ORDER BY id", {"jobs": jobs})


def report(job: Row, status: JobStatus = JobStatus.RUNNING, *, seq: int = 1, **more: Any) -> StatusMessage:
    values = {"attempt": job["attempt"], "token": job["token"], "at": datetime.now(UTC), **more}
    return StatusMessage(job=job["id"], seq=seq, status=status, **values)


def as_received(messages: Sequence[ResultMessage | str]) -> list[ReceivedMessage]:
    bodies = [message if isinstance(message, str) else dump(message) for message in messages]
    return [ReceivedMessage(f"m{place}", body, f"r{place}") for place, body in enumerate(bodies)]


def random_message(job: Row, chance: random.Random) -> ResultMessage:
    """Return any message about a job that can arrive: of this attempt, the next, or with a foreign token."""
    attempt = chance.choice([1, 1, 1, 1, 2])
    token = job["token"] if chance.random() < 0.9 else "f" * 32
    kind = chance.choice(["Running", "Running", "progress", "progress", "Success", "Fail", "event", "Submitted"])
    if kind == "event":
        name = batch_job_name("x", job["id"], attempt, token)
        return BatchEvent("b", name, chance.choice(["FAILED", "SUCCEEDED", "RUNNING"]), datetime.now(UTC), exit_code=1)
    more: dict[str, Any] = {"attempt": attempt, "token": token, "seq": chance.randint(1, 4)}
    if kind == "progress":
        status = chance.choice([JobStatus.RUNNING, JobStatus.RUNNING, JobStatus.SUCCESS])
        return report(job, status, progress={**PROGRESS, "done": chance.randint(0, 9)}, **more)
    if kind == "Fail":
        return report(job, JobStatus.FAIL, error={"code": chance.choice(CODES), "message": "x"}, **more)
    if kind == "Success":
        return report(job, JobStatus.SUCCESS, result={**GOOD, "count": chance.choice([0, 100])}, **more)
    return report(job, JobStatus(kind), **more)


async def apply_each(database: Database, messages: Sequence[ResultMessage]) -> list[str]:
    outcomes = []
    for message in messages:
        try:
            if isinstance(message, StatusMessage):
                outcome = await database.run(lambda transaction, m=message: apply_status(transaction, m))  # type: ignore[misc]
            else:
                outcome = await database.run(lambda transaction, m=message: apply_event(transaction, m, grace_s=60))  # type: ignore[misc]
        except Exception as error:  # noqa: BLE001 - compared with the error of the batch
            outcome = type(error).__name__
        outcomes.append(outcome)
    return outcomes


async def traces(database: Database, job: Row) -> list[list[Row]]:
    return [await database.all(sql, {"job": job["id"]}) for sql in TRACES]


@pytest.mark.parametrize("seed", range(12))
async def test_batch_leaves_what_its_messages_leave_one_by_one(database: Database, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - not cryptography
    names = [f"place-{number}" for number in range(6)]
    together = await make_jobs(database, *names)
    alone = await make_jobs(database, *(f"twin-{number}" for number in range(6)))
    state = chance.getstate()
    messages = [random_message(chance.choice(together), chance) for _ in range(40)]
    chance.setstate(state)
    twins = [random_message(chance.choice(alone), chance) for _ in range(40)]

    done = await database.run(lambda transaction: apply_batch(transaction, messages, grace_s=60))
    assert len(done) == len(messages)
    order = [place for places in places_by_job(messages).values() for place in places]
    expected = await apply_each(database, [twins[place] for place in order])
    outcomes = [done[place].outcome for place in order]
    assert [outcome if isinstance(outcome, str) else type(outcome).__name__ for outcome in outcomes] == expected
    for job, twin in zip(together, alone, strict=True):
        assert await traces(database, job) == await traces(database, twin)


async def test_messages_of_one_job_are_applied_in_the_order_of_their_numbers(database: Database) -> None:
    (job,) = await make_jobs(database, "city")
    messages = [report(job, JobStatus.SUCCESS, seq=3, result=GOOD), report(job, seq=2, progress=PROGRESS), report(job)]
    settlements = await ResultsHandler(database, grace_s=60).apply_batch(as_received(messages))
    assert [settlement.outcome for settlement in settlements] == [Ack()] * 3
    events = await database.all("SELECT detail, accepted FROM job_event WHERE kind = 'job.status' ORDER BY id")
    assert [(event["detail"]["status"], event["accepted"]) for event in events] == [
        ("Running", True),
        ("Success", True),
    ]


async def reject_events_of(database: Database, job: Row, sqlstate: str) -> None:
    """Make the database raise an error for each event of a job."""
    await database.execute(
        "CREATE FUNCTION reject() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN RAISE EXCEPTION 'rejected' USING ERRCODE = '{sqlstate}'; END $$"
    )
    await database.execute(
        "CREATE TRIGGER reject BEFORE INSERT ON job_event FOR EACH ROW"
        f" WHEN (NEW.job_id = {job['id']}) EXECUTE FUNCTION reject()"
    )


@pytest.mark.parametrize(
    ("sqlstate", "outcome"),
    [("22001", DeadLetter), ("40001", RetryAfter), ("40P01", RetryAfter), ("57014", DependencyDown)],
    ids=["bad data", "conflict", "deadlock", "too slow"],
)
@pytest.mark.parametrize("status", [JobStatus.RUNNING, JobStatus.SUCCESS])
async def test_message_that_the_database_rejects_is_settled_by_itself(
    database: Database, sqlstate: str, outcome: type, status: JobStatus
) -> None:
    jobs = await make_jobs(database, *"abcde")
    bad = jobs[2]
    await reject_events_of(database, bad, sqlstate)
    result = GOOD if status is JobStatus.SUCCESS else None
    messages: list[ResultMessage | str] = [report(job, status, result=result) for job in jobs]
    settlements = await ResultsHandler(database, grace_s=60).apply_batch(
        as_received([*messages, "not JSON", report(bad, token="f" * 32, seq=9)])
    )
    kinds = [type(settlement.outcome) for settlement in settlements]
    assert kinds == [Ack, Ack, outcome, Ack, Ack, DeadLetter, DeadLetter]
    rows = await database.all(
        "SELECT status, (SELECT count(*) FROM inbox WHERE job_id = job.id) AS seen FROM job ORDER BY id"
    )
    assert [row["status"] for row in rows] == [str(status), str(status), "Pending", str(status), str(status)]
    assert [row["seen"] for row in rows] == [1, 1, 0, 1, 1]


async def test_job_that_another_transaction_holds_does_not_hold_up_the_batch(database: Database) -> None:
    jobs = await make_jobs(database, *"abcd")
    running = "SELECT count(*) FROM job WHERE status = 'Running'"
    async with database.transaction() as transaction, asyncio.timeout(60):
        await transaction.execute("SELECT FROM job WHERE id = %(id)s FOR UPDATE", {"id": jobs[1]["id"]})
        messages = as_received([report(job) for job in jobs])
        applying = asyncio.create_task(ResultsHandler(database, grace_s=60).apply_batch(messages))
        while await database.first(running, into=int) != len(jobs) - 1:  # noqa: ASYNC110 - the database has no event for it
            await asyncio.sleep(0.02)
        assert not applying.done()
    assert [settlement.outcome for settlement in await applying] == [Ack()] * len(jobs)
    assert await database.first(running, into=int) == len(jobs)


async def test_two_consumers_of_the_same_messages_apply_each_once(database: Database) -> None:
    jobs = await make_jobs(database, *(f"place-{number}" for number in range(MAX_MESSAGES // 2)))
    messages = [report(job) for job in jobs] + [report(job, JobStatus.SUCCESS, seq=2, result=GOOD) for job in jobs]
    handlers = [ResultsHandler(database, grace_s=60) for _ in range(2)]
    async with asyncio.timeout(60):
        batches = (handlers[0].apply_batch(as_received(messages)), handlers[1].apply_batch(as_received(messages[::-1])))
        settled = [settlement.outcome for batch in await asyncio.gather(*batches) for settlement in batch]
    assert settled == [Ack()] * (2 * len(messages))
    counts = "SELECT count(*) FROM job_event WHERE accepted AND kind = %(kind)s"
    assert await database.first(counts, {"kind": "job.status"}, into=int) == len(messages)
    assert await database.first(counts, {"kind": "data.published"}, into=int) == len(jobs)


async def test_batch_waits_as_a_whole_while_the_database_is_down() -> None:
    unreachable = await Database.open("postgresql://nobody@127.0.0.1:9/none", connects_at_once=False)
    job = {"id": 1, "attempt": 1, "token": "0" * 32}
    messages = as_received([report(job), report({**job, "id": 2}), "not JSON"])
    settlements = await ResultsHandler(unreachable, grace_s=60).apply_batch(messages)
    await unreachable.close()
    assert [type(settlement.outcome) for settlement in settlements] == [DependencyDown, DependencyDown, DeadLetter]


def poisonous(job: Row) -> dict[str, str]:
    """Return bodies of messages about a job, by what is wrong with each."""
    plain = json.loads(dump(report(job)))
    event = json.loads(dump(BatchEvent("batch-1", batch_job_name("test", 1, 1, "0" * 32), "FAILED", datetime.now(UTC))))
    fields: dict[str, tuple[dict[str, Any], str, Any]] = {
        "job beyond bigint": (plain, "job", 2**63),
        "negative job": (plain, "job", -1),
        "attempt beyond integer": (plain, "attempt", 2**31),
        "number beyond integer": (plain, "seq", 2**31),
        "negative number": (plain, "seq", -1),
        "number as text": (plain, "seq", "1"),
        "boolean number": (plain, "seq", True),
        "NUL in token": (plain, "token", "\0" * 32),
        "token of letters": (plain, "token", "ß" * 32),
        "unknown status": (plain, "status", "Running\0"),
        "list as status": (plain, "status", []),
        "progress is a list": (plain, "progress", []),
        "progress with NUL": (plain, "progress", {"phase": "\0"}),
        "progress beyond numbers": (plain, "progress", {"done": 10**400}),
        "deep progress": (plain, "progress", json.loads("[" * 500 + "]" * 500)),
        "large progress": (plain, "progress", {"phase": "x" * 900_000}),
        "date beyond years": (plain, "at", "99999-01-01T00:00:00Z"),
        "date without zone": (plain, "at", "2026-01-01T00:00:00"),
        "odd traceparent": (plain, "traceparent", "\ud800"),
        "result of a running job": (plain, "result", {"count": -1}),
        "digits in a name": (event, "job_name", "oa-test-" + "9" * 5000 + "-1-00000000"),
        "name beyond bigint": (event, "job_name", f"oa-test-{2**63}-1-00000000"),
        "attempt in a name beyond integer": (event, "job_name", f"oa-test-{job['id']}-{2**31}-00000000"),
        "array beyond bigint": (event, "job_name", f"oa-test-array-{2**63}"),
        "exit status beyond integer": (event, "exit_code", 2**63),
    }
    bodies = {name: json.dumps({**body, field: value}) for name, (body, field, value) in fields.items()}
    bodies["array of digits"] = json.dumps({**event, "job_name": "oa-test-array-1", "batch_job": "b:" + "9" * 5000})
    bodies |= {
        "deep": "[" * 100_000,
        "digits": '{"job": ' + "9" * 5000 + "}",
        "NaN": dump(report(job))[:-1] + ', "x": NaN}',
    }
    return bodies | {"empty": "", "NUL": "\0", "surrogate": '"\\ud800"', "null": "null", "number": "1e999"}


async def test_no_message_decides_about_those_that_arrive_with_it(database: Database) -> None:
    (bad,) = await make_jobs(database, "bad")
    jobs = await make_jobs(database, *"abc")
    bodies = poisonous(bad)
    ends = [report(job, JobStatus.SUCCESS, seq=2, result=GOOD) for job in jobs]
    messages: list[ResultMessage | str] = [*map(report, jobs), *bodies.values(), *ends]
    assert len(messages) <= MAX_MESSAGES
    settled = await ResultsHandler(database, grace_s=60).apply_batch(as_received(messages))
    outcomes = [settlement.outcome for settlement in settled]
    assert outcomes[:3] == outcomes[-3:] == [Ack()] * 3
    for name, outcome in zip(bodies, outcomes[3:-3], strict=True):
        assert isinstance(outcome, Ack | DeadLetter), name
    assert await database.first("SELECT count(*) FROM job WHERE status = 'Success'", into=int) == len(jobs)
