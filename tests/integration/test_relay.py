"""The outbox relay against a real Postgres: it marks exactly the messages that the queue accepted."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from oa_api.db.database import Database
from oa_api.jobs.outbox_relay import relay_once
from oa_api.jobs.sweep import Sweep, SweepTimes
from oa_shared.messages import REPUBLISHED, parse_job_message
from oa_shared.queue import QueueDepth
from support.fakes.memory_queue import MemoryQueue
from support.fakes.memory_storage import MemoryStorage
from support.planned_jobs import create_planned_jobs


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await Database.open(database_url)
    yield opened
    await opened.close()


async def write_jobs(database: Database, count: int) -> list[int]:
    return await create_planned_jobs(database, *(f"n{number}" for number in range(count)))


async def unsent_jobs(database: Database) -> list[int]:
    return [row["job_id"] for row in await database.all("SELECT job_id FROM outbox WHERE sent_at IS NULL ORDER BY id")]


async def sent_jobs(queue: MemoryQueue) -> list[int]:
    return sorted(parse_job_message(stored.message.body).job for stored in queue._stored.values())


async def test_relay_once_sends_everything_and_marks_it(database: Database) -> None:
    queue, jobs = MemoryQueue(), await write_jobs(database, 25)
    assert await relay_once(database, queue) == 25
    assert await sent_jobs(queue) == jobs
    assert await unsent_jobs(database) == []
    assert await relay_once(database, queue) == 0


async def test_relay_once_marks_exactly_the_accepted_messages(database: Database) -> None:
    queue, jobs = MemoryQueue(), await write_jobs(database, 5)
    rows = await database.all("SELECT job_id, body FROM outbox")
    queue.refused = {row["body"] for row in rows if row["job_id"] in jobs[1:3]}
    assert await relay_once(database, queue) == 3
    assert await unsent_jobs(database) == jobs[1:3]
    queue.refused = set()
    assert await relay_once(database, queue) == 2
    assert await sent_jobs(queue) == jobs


async def test_relay_once_without_the_queue_marks_nothing(database: Database) -> None:
    queue, jobs = MemoryQueue(), await write_jobs(database, 2)
    queue.is_down = True
    assert await relay_once(database, queue) == 0
    assert await unsent_jobs(database) == jobs


async def test_relay_once_twice_at_the_same_time_sends_each_message_once(database: Database) -> None:
    queue, jobs = MemoryQueue(), await write_jobs(database, 150)
    counts = await asyncio.gather(relay_once(database, queue), relay_once(database, queue))
    assert sum(counts) == 150
    assert await sent_jobs(queue) == jobs


async def test_republished_message_is_marked_as_sent_before(database: Database) -> None:
    queue = MemoryQueue()
    (job,) = await write_jobs(database, 1)
    await relay_once(database, queue)
    (first,) = await queue.receive(1, 0, 30)
    await queue.delete(first.receipt)
    await database.execute("UPDATE outbox SET sent_at = now() - interval '1 hour'")
    await Sweep(database, queue, MemoryStorage(), SweepTimes()).once()
    await relay_once(database, queue)
    (second,) = await queue.receive(1, 0, 30)
    assert parse_job_message(second.body).job == job
    assert REPUBLISHED not in first.attributes
    assert REPUBLISHED in second.attributes


async def test_sweep_with_messages_on_the_queue_republishes_nothing(database: Database) -> None:
    queue = MemoryQueue()
    await write_jobs(database, 1)
    await relay_once(database, queue)
    await database.execute("UPDATE outbox SET sent_at = now() - interval '1 hour'")
    await Sweep(database, queue, MemoryStorage(), SweepTimes()).once()
    assert await unsent_jobs(database) == []


@pytest.mark.parametrize(("age_s", "is_lost"), [(60, True), (0, False)])
async def test_sweep_republishes_what_was_sent_before_the_queue_was_created(
    database: Database, age_s: int, *, is_lost: bool
) -> None:
    class NewQueue(MemoryQueue):
        async def depth(self) -> QueueDepth:
            return QueueDepth(visible=1, in_flight=0, created_at=datetime.now(UTC))

    queue, jobs = NewQueue(), await write_jobs(database, 2)
    await relay_once(database, queue)
    values = {"age_s": age_s}
    await database.execute("UPDATE outbox SET sent_at = now() - make_interval(secs => %(age_s)s)", values)
    sweep = Sweep(database, queue, MemoryStorage(), SweepTimes())
    await sweep.once()
    assert await unsent_jobs(database) == (jobs if is_lost else [])
    await relay_once(database, queue)
    await sweep.once()
    assert await unsent_jobs(database) == []


async def test_sweep_deletes_only_sent_messages_of_ended_jobs(database: Database) -> None:
    queue = MemoryQueue()
    ended, waiting = await write_jobs(database, 2)
    await relay_once(database, queue)
    await database.execute("UPDATE outbox SET sent_at = now() - interval '31 days'")
    await database.execute("UPDATE job SET rank = 9, status = 'Fail' WHERE id = %(job)s", {"job": ended})
    await Sweep(database, queue, MemoryStorage(), SweepTimes()).once()
    assert [row["job_id"] for row in await database.all("SELECT job_id FROM outbox")] == [waiting]


async def test_sweep_deletes_messages_received_long_ago(database: Database) -> None:
    (job,) = await write_jobs(database, 1)
    insert = "INSERT INTO inbox VALUES (%(job)s, 1, 'x', %(seq)s, now() - make_interval(days => %(days)s))"
    for seq, days in ((1, 31), (2, 29)):
        await database.execute(insert, {"job": job, "seq": seq, "days": days})
    await Sweep(database, MemoryQueue(), MemoryStorage(), SweepTimes()).once()
    assert [row["seq"] for row in await database.all("SELECT seq FROM inbox")] == [2]
