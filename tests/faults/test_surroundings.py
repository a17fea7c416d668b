"""Faults of what surrounds the services: clocks, capacity of Batch, a database restored to an earlier time."""

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from faults.world import World, ended_with
from oa_api.db.database import Database
from oa_local.postgres import Postgres
from oa_local.provision import Queues
from oa_shared.aws import Aws

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
Make = Callable[..., World]


@pytest.fixture
def make_world(aws_clients: Aws, queues: Queues) -> Make:
    """Return a function that makes a world of one database over plain queues."""
    jobs = aws_clients.queue(queues.jobs_url, queues.jobs_dlq_url)
    results = aws_clients.queue(queues.results_url, queues.results_dlq_url)
    return lambda database, **options: World(database, jobs, results, **options)


@asynccontextmanager
async def _open(url: str) -> AsyncIterator[Database]:
    database = await Database.open(url)
    try:
        yield database
    finally:
        await database.close()


@pytest.mark.parametrize("days", [-2, 2], ids=["behind", "ahead"])
async def test_containers_whose_clock_is_off_by_days_end_in_order(
    make_world: Make, database_url: str, days: int
) -> None:
    async with _open(database_url) as database:
        # No container dies here: a report that is late on a busy machine is not the end of its attempt.
        world = make_world(database, clock_skew=timedelta(days=days), grace_s=60)
        async with world.running():
            jobs = await world.submit(6)
            history = await world.wait(database_url, jobs)
    assert history.problems(jobs) == []
    assert ended_with(history) == {"Success None": 6}
    assert len(world.containers.workers) == 6


async def test_containers_that_never_get_capacity_are_ended_at_the_deadline(
    make_world: Make, database_url: str
) -> None:
    async with _open(database_url) as database:
        world = make_world(database, has_capacity=False, deadline_s=4)
        async with world.running():
            jobs = await world.submit(3)
            history = await world.wait(database_url, jobs)
            while not all(entry.job.ended for entry in world.batch.entries.values()):
                history = await world.wait(database_url, jobs)
    assert history.problems(jobs) == []
    assert ended_with(history) == {"Fail infra.deadline": 3}
    assert len(world.batch.entries) == 3


async def test_database_restored_to_an_earlier_time_ends_every_job_with_s3_and_batch_ahead(
    make_world: Make, postgres: Postgres, database_url: str
) -> None:
    async with _open(database_url) as database:
        before = await make_world(database).submit(3)
    restored_name = f"restored_{uuid.uuid4().hex[:12]}"
    restored_url = postgres.create(restored_name, template=urlsplit(database_url).path.strip("/"))
    async with _open(database_url) as database:
        world = make_world(database)
        async with world.running():
            after = await world.submit(3)
            await world.wait(database_url, before + after)
    async with _open(restored_url) as database:
        restored = make_world(database, batch=world.batch, storage=world.storage)
        async with restored.running():
            anew = await restored.submit(3)
            history = await restored.wait(restored_url, before + anew)
    postgres.drop(restored_name)
    assert anew == after  # the IDs that S3 and Batch know already
    assert history.problems(before + anew) == []
    assert ended_with(history) == {"Success None": 6}
