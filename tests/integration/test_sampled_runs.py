"""A sample run over HTTP: its jobs have the number of features, and no result is published."""

from collections.abc import AsyncIterator

import pytest

from oa_api.db.errors import StoreError
from oa_api.jobs.outbox_relay import relay_once
from oa_shared.messages import parse_job_message
from support.running_api import INTERNAL, RunningApi, running_api


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[RunningApi]:
    async with running_api(database_url) as running:
        yield running


async def test_job_of_a_sampled_run_is_submitted_with_its_sample(api: RunningApi) -> None:
    job = await api.job(sample=50)
    await relay_once(api.database, api.queues["jobs"].main)
    (message,) = await api.queues["jobs"].main.receive(1, 0, 30)
    assert parse_job_message(message.body).sample == 50
    assert (await api.get(f"/api/run/{job['run']}"))["sample"] == 50


async def test_later_attempt_of_a_sampled_job_is_also_a_sample(api: RunningApi) -> None:
    job = await api.job(sample=50)
    await api.client.post(f"/api/job/{job['id']}/cancel", headers=INTERNAL)
    await api.client.post(f"/api/job/{job['id']}/rerun", headers=INTERNAL)
    rows = await api.database.all("SELECT body FROM outbox ORDER BY id")
    assert [parse_job_message(row["body"]).sample for row in rows] == [50, 50]


async def test_sample_run_cannot_be_live(api: RunningApi) -> None:
    refused = await api.client.post("/api/run", json={"live": True, "sample": 5}, headers=INTERNAL)
    run = await api.run(sample=5)
    changed = await api.make_live(run)
    assert refused.status == 422
    assert changed.status == 409


async def test_database_rejects_a_live_sample_run(api: RunningApi) -> None:
    run = await api.run(sample=5)
    with pytest.raises(StoreError):
        await api.database.execute("UPDATE run SET live = true WHERE id = %(run)s", {"run": run})
