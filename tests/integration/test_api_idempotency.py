"""A retry of a client gets the first response and creates nothing twice."""

import asyncio
import json

import pytest

from support.running_api import INTERNAL, RunningApi, definition

KEY = {"Idempotency-Key": "k1"}


async def test_post_jobs_same_key_concurrently_creates_one_set_of_jobs(api: RunningApi) -> None:
    run = await api.run()
    answers = await asyncio.gather(*(api.post_jobs(run, {"source": definition("a")}, **KEY) for _ in range(8)))
    assert {json.dumps(answer) for answer in answers} == {json.dumps(answers[0])}
    assert answers[0][0] == 200
    assert [await api.count(table) for table in ("job", "outbox", "idempotency")] == [1, 1, 1]


async def test_post_jobs_same_key_other_request_is_refused(api: RunningApi) -> None:
    run = await api.run()
    await api.post_jobs(run, {"source": definition("a")}, **KEY)
    status, answer = await api.post_jobs(run, {"source": definition("b")}, **KEY)
    assert status == 422
    assert answer["code"] == "invalid"
    assert "Idempotency-Key" in answer["detail"]
    assert await api.count("job") == 1


async def test_post_jobs_same_key_other_run_creates_other_jobs(api: RunningApi) -> None:
    first, second = await api.run(), await api.run()
    for run in (first, second):
        assert (await api.post_jobs(run, {"source": definition("a")}, **KEY))[0] == 200
    assert await api.count("job") == 2


async def test_post_jobs_retry_after_the_run_was_closed_gets_the_first_response(api: RunningApi) -> None:
    run = await api.run()
    first = await api.post_jobs(run, {"source": definition("a")}, **KEY)
    await api.client.patch(f"/api/run/{run}", json={"closed": True}, headers=INTERNAL)
    assert await api.post_jobs(run, {"source": definition("a")}, **KEY) == first
    assert await api.count("job") == 1


async def test_post_jobs_refused_request_does_not_use_up_its_key(api: RunningApi) -> None:
    run = await api.run()
    status, _ = await api.post_jobs(run, {"source": {"schema": 1}}, **KEY)
    assert status == 422
    assert await api.count("idempotency") == 0
    assert (await api.post_jobs(run, {"source": definition("a")}, **KEY))[0] == 200


@pytest.mark.parametrize("times", [6])
async def test_post_run_same_key_concurrently_creates_one_run(api: RunningApi, times: int) -> None:
    async def post() -> int:
        response = await api.client.post("/api/run", json={"live": True}, headers={**INTERNAL, **KEY})
        return int((await response.json())["id"])

    assert len(set(await asyncio.gather(*(post() for _ in range(times))))) == 1
    assert await api.count("run") == 1


async def test_post_run_without_a_key_creates_a_run_each_time(api: RunningApi) -> None:
    assert await api.run() != await api.run()
