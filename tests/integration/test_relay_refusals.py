"""Messages that the jobs queue refuses, and runs of any size, hold no other message of the outbox."""

import asyncio
import json
import re
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from oa_api.db import migration
from oa_api.db.database import Database
from oa_api.db.migration import migrate
from oa_api.jobs.outbox_relay import MAX_TRIES, get_backlog, relay_once, run_relay
from oa_api.jobs.sweep import Sweep, SweepTimes
from oa_api.pauses import pauses
from oa_local.postgres import Postgres
from oa_shared.messages import parse_job_message
from oa_shared.queue import OutgoingMessage, QueueUnavailableError
from support.fakes.memory_queue import MemoryQueue
from support.fakes.memory_storage import MemoryStorage
from support.planned_jobs import create_planned_jobs
from support.running_api import INTERNAL, RunningApi, definition

_PATIENCE_S = 120
NEWER = "UPDATE outbox SET available_at = now() WHERE sent_at IS NULL"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await Database.open(database_url)
    yield opened
    await opened.close()


async def sent_jobs(queue: MemoryQueue) -> set[int]:
    return {parse_job_message(stored.message.body).job for stored in queue._stored.values()}


async def rows(database: Database, sql: str, **values: Any) -> list[dict[str, Any]]:
    return await database.all(sql, values)


async def status_of(database: Database, job: int) -> tuple[str, str | None]:
    (row,) = await rows(database, "SELECT status, error_code FROM job WHERE id = %(job)s", job=job)
    return row["status"], row["error_code"]


async def refuse(database: Database, queue: MemoryQueue, *jobs: int) -> None:
    found = await rows(database, "SELECT body FROM outbox WHERE job_id = ANY(%(jobs)s)", jobs=list(jobs))
    queue.refused |= {row["body"] for row in found}


@asynccontextmanager
async def relaying(database: Database, queue: Any, **more: Any) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(run_relay(database, queue, stop, every_s=0.02, **more))
    try:
        yield
    finally:
        stop.set()
        await task


async def wait_until_sent(queue: MemoryQueue, job: int) -> None:
    """Wait as long as a loaded machine may take; what holds the job up would do so for minutes."""
    async with asyncio.timeout(_PATIENCE_S):
        while job not in await sent_jobs(queue):  # noqa: ASYNC110 - the queue has no event
            await asyncio.sleep(0.02)


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> "Rounds":
    counted = Rounds()
    release = pauses.release

    async def count(database: Database) -> None:
        await counted.add()
        await release(database)

    monkeypatch.setattr(pauses, "release", count)
    return counted


class Rounds:
    """Counts the rounds of the relay: a message that two whole rounds did not send is not sent later either."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = asyncio.Condition()

    async def add(self) -> None:
        async with self._changed:
            self._count += 1
            self._changed.notify_all()

    async def pass_by(self, rounds: int = 3) -> None:
        async with self._changed, asyncio.timeout(_PATIENCE_S):
            end = self._count + rounds
            await self._changed.wait_for(lambda: self._count >= end)


async def test_good_job_behind_120_refused_ones_is_sent_in_seconds(api: RunningApi) -> None:
    queue: Any = api.queues["jobs"].main
    refused = await create_planned_jobs(api.database, *(f"n{number}" for number in range(120)))
    await refuse(api.database, queue, *refused)
    async with relaying(api.database, queue):
        good = (await api.job())["id"]
        await wait_until_sent(queue, good)
    assert await sent_jobs(queue) == {good}


async def test_definition_with_120_names_of_noncharacters_holds_no_other_job(api: RunningApi) -> None:
    queue: Any = api.queues["jobs"].main
    names = [f"n{number}\uffff" for number in range(120)]
    status, answer = await api.post_jobs(await api.run(), {"source": definition(*names), "source_name": "xx/bad"})
    assert status == 422
    assert "no noncharacters" in json.dumps(answer)
    older = await create_planned_jobs(api.database, *names)  # of a version that accepted them
    unescape = "UPDATE outbox SET body = replace(body, '\\uffff', %(char)s)"
    assert await api.database.execute(unescape, {"char": "\uffff"}) == 120
    async with relaying(api.database, queue):
        good = (await api.job())["id"]
        await wait_until_sent(queue, good)
        await wait_until_sent(queue, older[-1])
    assert await sent_jobs(queue) == {*older, good}


@pytest.mark.parametrize("text", ["\x01", "\ue000" * 60_000, ""])
async def test_message_that_no_queue_takes_fails_its_job_at_once(database: Database, text: str) -> None:
    queue = MemoryQueue()
    bad, good = await create_planned_jobs(database, "bad", "good")
    body = f'{{"text": "{text}"}}' if text else ""
    await database.execute("UPDATE outbox SET body = %(body)s WHERE job_id = %(job)s", {"body": body, "job": bad})
    assert await relay_once(database, queue) == 1
    assert await sent_jobs(queue) == {good}
    assert await status_of(database, bad) == ("Fail", "infra.undeliverable")
    assert [row["job_id"] for row in await rows(database, "SELECT job_id FROM outbox")] == [good]


async def test_refused_message_is_tried_with_growing_pauses_then_its_job_fails(database: Database) -> None:
    queue = MemoryQueue()
    (job,) = await create_planned_jobs(database, "bad", live=False)
    await refuse(database, queue, job)
    pauses_s = []
    for tries in range(1, MAX_TRIES):
        await relay_once(database, queue)
        (row,) = await rows(
            database, "SELECT tries, extract(epoch FROM available_at - now())::float AS pause_s FROM outbox"
        )
        assert row["tries"] == tries
        assert await status_of(database, job) == ("Pending", None)
        pauses_s.append(round(row["pause_s"]))
        await database.execute(NEWER)
    assert pauses_s == sorted(pauses_s)
    assert pauses_s[:4] == [0, 1, 3, 7]
    assert sum(pauses_s) < 600
    await relay_once(database, queue)
    assert await status_of(database, job) == ("Fail", "infra.undeliverable")
    assert await rows(database, "SELECT FROM outbox") == []
    (event,) = await rows(database, "SELECT detail FROM job_event WHERE kind = 'relay.refused' AND accepted")
    assert "10 tries" in event["detail"]["error"]["message"]


async def test_refused_message_waits_while_it_is_not_due(database: Database) -> None:
    queue = MemoryQueue()
    (job,) = await create_planned_jobs(database, "bad")
    await refuse(database, queue, job)
    for _ in range(4):
        await relay_once(database, queue)
    (row,) = await rows(database, "SELECT tries FROM outbox")
    assert row["tries"] == 2


async def test_queue_that_is_down_uses_up_no_tries(database: Database) -> None:
    queue = MemoryQueue()
    (job,) = await create_planned_jobs(database, "city")
    queue.is_down = True
    for _ in range(MAX_TRIES + 1):
        assert await relay_once(database, queue) == 0
    assert await status_of(database, job) == ("Pending", None)
    queue.is_down = False
    assert await relay_once(database, queue) == 1


class SilentAbout(MemoryQueue):
    """A queue that gives no answer to a call with a certain message in it."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self._body = body

    async def send_batch(self, messages: Sequence[OutgoingMessage]) -> list[bool]:
        if self._body in {message.body for message in messages}:
            raise QueueUnavailableError("ReadTimeoutError")
        return await super().send_batch(messages)


async def test_batch_without_an_answer_while_others_are_sent_waits_like_a_refused_one(database: Database) -> None:
    jobs = await create_planned_jobs(database, *(f"n{number}" for number in range(25)))
    (row,) = await rows(database, "SELECT body FROM outbox WHERE job_id = %(job)s", job=jobs[0])
    queue = SilentAbout(row["body"])
    assert await relay_once(database, queue) == 15
    tried = await rows(database, "SELECT job_id FROM outbox WHERE tries = 1 ORDER BY job_id")
    assert [row["job_id"] for row in tried] == jobs[:10]


@pytest.mark.parametrize("change", ["status = 'Canceled', rank = 9", "attempt = 2"])
async def test_message_that_its_job_does_not_need_is_dropped(database: Database, change: str) -> None:
    queue = MemoryQueue()
    obsolete, good = await create_planned_jobs(database, "a", "b")
    await database.execute(f"UPDATE job SET {change} WHERE id = %(job)s", {"job": obsolete})  # noqa: S608 - our own text
    assert await relay_once(database, queue) == 1
    assert await sent_jobs(queue) == {good}
    assert [row["job_id"] for row in await rows(database, "SELECT job_id FROM outbox")] == [good]


async def test_refused_message_of_a_canceled_job_is_dropped_without_another_failure(database: Database) -> None:
    queue = MemoryQueue()
    (job,) = await create_planned_jobs(database, "bad")
    await refuse(database, queue, job)
    await relay_once(database, queue)
    await database.execute("UPDATE job SET status = 'Canceled', rank = 9")
    await relay_once(database, queue)
    assert await status_of(database, job) == ("Canceled", None)
    assert await rows(database, "SELECT FROM outbox") == []


FILL = """
WITH created AS (
    INSERT INTO job (run_id, source_name, source_sha256, layer, name, tier, token)
    SELECT run_id, 'xx/' || n, source_sha256, layer, name, tier, md5(n::text)
    FROM job, generate_series(1, %(jobs)s) n WHERE job.id = %(like)s RETURNING id, run_id
)
INSERT INTO outbox (run_id, job_id, attempt, body, available_at)
SELECT run_id, id, 1, (SELECT body FROM outbox WHERE job_id = %(like)s), now() - interval '1 hour' FROM created
"""


async def test_run_of_100_000_jobs_keeps_no_other_run_waiting(database: Database) -> None:
    queue = MemoryQueue()
    (first,) = await create_planned_jobs(database, "city")
    began = time.monotonic()
    await relay_once(database, queue)
    one_message_s = time.monotonic() - began
    assert await database.execute(FILL, {"jobs": 100_000, "like": first}) == 100_000
    pull_request = await create_planned_jobs(database, "a", "b", "c")
    weekly = await create_planned_jobs(database, *(f"n{number}" for number in range(90)))
    began = time.monotonic()
    assert 70 <= await relay_once(database, queue) <= 103
    # A pass that read all messages of the large run would take a hundred times as long as one for a single message.
    assert time.monotonic() - began < 2 + 20 * one_message_s
    sent = await sent_jobs(queue)
    assert set(pull_request) <= sent
    assert len(sent & set(weekly)) == 34
    assert first in sent or len(queue._stored) > len(sent)  # the large run gets its share too


async def test_more_runs_than_one_pass_takes_all_get_their_turn(database: Database) -> None:
    queue = MemoryQueue()
    jobs = [job for _ in range(12) for job in await create_planned_jobs(database, "a", "b")]
    passes = 0
    while await relay_once(database, queue, limit=5):
        passes += 1
    assert await sent_jobs(queue) == set(jobs)
    assert passes <= 24


async def test_refusals_of_one_source_hold_no_other_of_the_same_run(database: Database) -> None:
    queue = MemoryQueue()
    jobs = await create_planned_jobs(database, *(f"n{number}" for number in range(250)))
    await refuse(database, queue, *jobs[:200])
    for _ in range(4):
        await relay_once(database, queue)
    assert await sent_jobs(queue) == set(jobs[200:])


async def test_relay_keeps_few_messages_ahead_of_the_dispatcher(database: Database, rounds: Rounds) -> None:
    queue = MemoryQueue()
    jobs = await create_planned_jobs(database, *(f"n{number}" for number in range(30)))
    async with relaying(database, queue, max_ahead=10):
        await wait_until_sent(queue, jobs[9])
        urgent, *_ = await create_planned_jobs(database, "urgent")
        await rounds.pass_by()
        assert await sent_jobs(queue) == set(jobs[:10])
        submit = "UPDATE job SET status = 'Submitted', rank = 1 WHERE id = ANY(%(jobs)s)"
        await database.execute(submit, {"jobs": jobs[:5]})
        await wait_until_sent(queue, urgent)
        await rounds.pass_by()
    assert len(await sent_jobs(queue)) == 15


async def test_messages_that_the_queue_has_lost_do_not_stop_the_relay(database: Database) -> None:
    queue = MemoryQueue()
    jobs = await create_planned_jobs(database, *(f"n{number}" for number in range(10)))
    async with relaying(database, queue, max_ahead=5):
        await wait_until_sent(queue, jobs[4])
    queue._stored.clear()
    await database.execute("UPDATE outbox SET sent_at = sent_at - interval '16 minutes'")
    await Sweep(database, queue, MemoryStorage(), SweepTimes()).once()
    async with relaying(database, queue, max_ahead=5):
        await wait_until_sent(queue, jobs[9])


async def test_messages_of_before_the_migration_are_relayed(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"before_{uuid.uuid4().hex[:12]}"
    opened = await Database.open(postgres.create(name))
    try:
        everything = migration._migrations()
        with monkeypatch.context() as patch:
            patch.setattr(migration, "_migrations", lambda: everything[:1])
            await migrate(opened)
        await opened.execute("INSERT INTO source (sha256, definition) VALUES ('0', '{}')")
        await opened.execute("INSERT INTO run (live) VALUES (false)")
        insert = (
            "INSERT INTO job (run_id, source_name, source_sha256, layer, name, tier, token)"
            " VALUES (1, 'xx/a', '0', 'addresses', 'city', 'small', 't')"
        )
        await opened.execute(insert)
        await opened.execute("INSERT INTO outbox (job_id, attempt, body) VALUES (1, 1, 'unsent')")
        await opened.execute("INSERT INTO outbox (job_id, attempt, body, sent_at) VALUES (1, 1, 'sent', now())")
        assert await migrate(opened) == [name for name, _ in everything[1:]]
        queue = MemoryQueue()
        assert await relay_once(opened, queue) == 1
        assert [stored.message.body for stored in queue._stored.values()] == ["unsent"]
    finally:
        await opened.close()
        postgres.drop(name)


async def test_message_that_the_previous_version_wrote_is_relayed(database: Database) -> None:
    queue = MemoryQueue()
    (job,) = await create_planned_jobs(database, "city")
    (row,) = await rows(database, "DELETE FROM outbox RETURNING body")
    insert = "INSERT INTO outbox (job_id, attempt, body) VALUES (%(job)s, 1, %(body)s)"
    await database.execute(insert, {"job": job, "body": row["body"]})
    assert await relay_once(database, queue) == 1
    assert await sent_jobs(queue) == {job}


async def test_message_written_in_one_statement_with_its_job_has_a_run(database: Database) -> None:
    queue = MemoryQueue()
    (job,) = await create_planned_jobs(database, "city")
    statement = """
        WITH created AS (
            INSERT INTO job (run_id, source_name, source_sha256, layer, name, tier, token)
            SELECT run_id, source_name, source_sha256, layer, name, tier, 't' FROM job WHERE id = %(job)s RETURNING id
        )
        INSERT INTO outbox (job_id, attempt, body) SELECT id, 1, 'unsent' FROM created
    """
    await database.execute(statement, {"job": job})
    assert await relay_once(database, queue) == 2


async def test_stalled_message_is_in_health_metrics_and_the_log_of_the_sweep(api: RunningApi) -> None:
    queue: Any = api.queues["jobs"].main
    bad = (await api.job())["id"]
    await refuse(api.database, queue, bad)
    await relay_once(api.database, queue)
    assert (await get_backlog(api.database)).waiting == 1
    await api.database.execute(
        "UPDATE outbox SET refused_at = now() - interval '6 minutes', available_at = now() + interval '1 minute'"
    )
    await api.job()
    await relay_once(api.database, queue)
    backlog = await get_backlog(api.database)
    assert 360 <= (backlog.stalled_s or 0) < 400
    assert 360 <= (backlog.age_s or 0) < 400
    health = await api.get("/")
    assert any(re.search(r"outbox has not reached the jobs queue for 3[6-9]\d", each) for each in health["problems"])
    text = await (await api.client.get("/metrics", headers=INTERNAL)).text()
    assert re.search(r"^oa_outbox_stalled_seconds 3[6-9]\d", text, re.MULTILINE)


async def test_message_that_waits_its_turn_is_old_but_not_stalled(database: Database) -> None:
    queue = MemoryQueue()
    await create_planned_jobs(database, *(f"n{number}" for number in range(20)))
    await database.execute("UPDATE outbox SET available_at = now() - interval '1 hour'")
    stalled = await get_backlog(database)
    assert (stalled.stalled_s or 0) >= 3600
    await relay_once(database, queue, limit=10)
    backlog = await get_backlog(database)
    assert (backlog.age_s or 0) >= 3600
    assert (backlog.stalled_s or 0) < 60


async def test_undeliverable_job_is_shown_with_its_code(api: RunningApi) -> None:
    job = (await api.job())["id"]
    await api.database.execute("UPDATE outbox SET body = ''")
    await relay_once(api.database, api.queues["jobs"].main)
    shown = await api.get(f"/api/job/{job}")
    assert shown["status"] == "Fail"
    assert shown["error"]["code"] == "infra.undeliverable"
    assert "the body is empty" in shown["error"]["message"]
    assert json.dumps(shown).isascii()
