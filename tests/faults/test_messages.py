"""Messages that arrive twice, late or out of order, or whose acknowledgment is lost, on both queues."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import aioboto3
import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from botocore.config import Config

from faults.world import STACK, World, failing_script, lose_submit_answers
from oa_api.db.database import Database
from oa_local.batch.process import BatchProcess
from oa_local.provision import Queues
from oa_shared.aws import Aws
from oa_shared.aws.batch import AwsBatch
from oa_shared.ids import batch_job_name
from oa_shared.scheduling import Lane
from support.fakes.unruly_queue import Unruliness, UnrulyQueue

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
_SEEDS = [int(os.environ["OA_SEED"])] if "OA_SEED" in os.environ else [1, 2, 3]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    aws_clients = await Database.open(database_url)
    yield aws_clients
    await aws_clients.close()


@pytest.fixture
def world(database: Database, aws_clients: Aws, queues: Queues) -> World:
    """Return all services over plain queues."""
    jobs = aws_clients.queue(queues.jobs_url, queues.jobs_dlq_url)
    return World(database, jobs, aws_clients.queue(queues.results_url, queues.results_dlq_url))


@pytest.mark.parametrize(
    ("seed", "lane"), [*((seed, Lane.MANUAL) for seed in _SEEDS), *((seed, Lane.WEEKLY) for seed in _SEEDS)]
)
async def test_unruly_queues_every_job_ends_and_is_published_once(
    database: Database, aws_clients: Aws, queues: Queues, seed: int, lane: Lane
) -> None:
    """Jobs of the weekly lane are submitted as array jobs."""
    database_url = database.login.url
    # Five lost acknowledgments of one message rightly make it a dead letter: lose fewer on the jobs queue.
    few_losses = Unruliness(lost_delete=0.1)
    jobs_queue = UnrulyQueue(aws_clients.queue(queues.jobs_url, queues.jobs_dlq_url), seed=seed, ways=few_losses)
    results = UnrulyQueue(aws_clients.queue(queues.results_url, queues.results_dlq_url), seed=seed + 1000)
    world = World(database, jobs_queue, results, script=failing_script(seed), lane=lane)
    lose_submit_answers(world.batch, 5, seed=seed)
    async with world.running():
        jobs = await world.submit(40)
        history = await world.wait(database_url, jobs)
    assert history.problems(jobs) == []
    assert history.statuses().count("Success") > 30
    assert len(world.containers.workers) == len(set(world.containers.workers))
    has_array = any(entry.request.array_size for entry in world.batch.entries.values())
    assert has_array == (lane is Lane.WEEKLY)


async def test_submission_answered_after_its_timeout_is_adopted_and_one_container_works(
    world: World, database_url: str, aws: dict[str, str], tmp_path: Path
) -> None:
    server = BatchProcess(tmp_path / "batch", environ=aws)
    server.start()
    server.client().register_job_definition(
        jobDefinitionName="d", type="container", containerProperties={"image": "i", "command": ["sleep", "60"]}
    )
    late = 2

    async def forward(request: web.Request) -> web.Response:
        nonlocal late
        body = await request.read()
        async with aiohttp_session.post(server.url + request.path, data=body, headers=request.headers) as answer:
            response_body = await answer.read()
        if request.path.endswith("submitjob") and late:
            late -= 1
            await asyncio.sleep(3)
        return web.Response(body=response_body, status=answer.status, content_type="application/json")

    app = web.Application()
    app.router.add_post("/v1/{action}", forward)
    once = Config(read_timeout=1, retries={"total_max_attempts": 1, "mode": "standard"})
    try:
        async with TestServer(app, host="127.0.0.1") as proxy, aiohttp.ClientSession() as aiohttp_session:
            address = str(proxy.make_url("/"))
            async with aioboto3.Session().client("batch", config=once, endpoint_url=address) as client:
                world.real_batch, world.definition = AwsBatch(client), "d"
                async with world.running():
                    jobs = await world.submit(3)
                    await _wait_until_submitted(world, jobs)
        submitted = server.client().list_jobs(jobQueue="q-manual", filters=[_any_of(jobs, await _tokens(world, jobs))])
    finally:
        server.stop()
    assert late == 0
    assert len(submitted["jobSummaryList"]) == 3


def _any_of(jobs: list[int], tokens: list[str]) -> dict[str, object]:
    names = [batch_job_name(STACK, job, 1, token) for job, token in zip(jobs, tokens, strict=True)]
    return {"name": "JOB_NAME", "values": names}


async def _tokens(world: World, jobs: list[int]) -> list[str]:
    rows = await world.database.all("SELECT token FROM job WHERE id = ANY(%(jobs)s) ORDER BY id", {"jobs": jobs})
    return [row["token"] for row in rows]


async def _wait_until_submitted(world: World, jobs: list[int]) -> None:
    async with asyncio.timeout(60):
        while True:
            rows = await world.database.all("SELECT 1 FROM job WHERE status = 'Submitted'")
            if len(rows) == len(jobs):
                return
            await asyncio.sleep(0.1)
