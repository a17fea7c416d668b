"""The contract of Batch, in memory and on the local server with its protocol."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from oa_shared.batch import BatchJob, BatchRefusedError, BatchService, SubmitRequest
from oa_shared.scheduling import share_of


@pytest.fixture
def batch(batch_under_test: Any) -> BatchService:
    service: BatchService = batch_under_test.service
    return service


def request(name: str, *, queue: str = "q", definition: str = "sleeper") -> SubmitRequest:
    return SubmitRequest(name, queue, definition, environment={"WORD": "yes"}, timeout_s=60)


async def wait_for_end(batch: BatchService, job_id: str) -> BatchJob:
    for _ in range(600):
        (job,) = await batch.describe([job_id])
        if job.ended:
            return job
        await asyncio.sleep(0.1)
    raise AssertionError(job)


async def test_submit_twice_starts_two_containers(batch: BatchService, name: str) -> None:
    first, second = [await batch.submit(request(name)) for _ in range(2)]
    assert first != second
    for job_id in (first, second):
        await batch.terminate(job_id, "over")


async def test_submit_to_an_unknown_definition_is_refused(batch: BatchService, name: str) -> None:
    with pytest.raises(BatchRefusedError) as refused:
        await batch.submit(request(name, definition="absent"))
    assert not refused.value.throttled
    assert await batch.find_by_name("q", name) is None


async def test_submit_to_an_unknown_revision_is_refused(batch: BatchService, name: str) -> None:
    with pytest.raises(BatchRefusedError) as refused:
        await batch.submit(request(name, definition=f"sleeper:{2**31 - 1}"))
    assert not refused.value.throttled
    assert await batch.find_by_name("q", name) is None


async def test_queue_with_a_fair_share_policy_takes_jobs_with_a_share_only(batch: BatchService, name: str) -> None:
    shared = request(name, queue="shared")
    for refused_share in (None, "", "octo-cat", "a" * 256):
        with pytest.raises(BatchRefusedError) as refused:
            await batch.submit(replace(shared, share=refused_share))
        assert not refused.value.throttled
    job_id = await batch.submit(replace(shared, share=share_of("octo-cat")))
    found = await batch.find_by_name("shared", name)
    assert found is not None
    assert found.id == job_id
    await batch.terminate(job_id, "over")


async def test_queue_without_a_fair_share_policy_refuses_a_share(batch: BatchService, name: str) -> None:
    with pytest.raises(BatchRefusedError):
        await batch.submit(replace(request(name), share=share_of("octocat")))


async def test_describe_leaves_out_unknown_jobs(batch: BatchService, name: str) -> None:
    job_id = await batch.submit(request(name))
    (job,) = await batch.describe(["00000000-0000-0000-0000-000000000000", job_id])
    assert job.id == job_id
    assert job.name == name
    assert job.ended is False
    assert job.created_at is not None
    await batch.terminate(job_id, "over")


async def test_find_by_name_finds_a_job_of_any_status_in_its_queue_only(batch: BatchService, name: str) -> None:
    job_id = await batch.submit(request(name))
    await batch.submit(request(name + "-other"))
    await batch.terminate(job_id, "over")
    await wait_for_end(batch, job_id)
    found = await batch.find_by_name("q", name)
    assert found is not None
    assert found.id == job_id
    assert await batch.find_by_name("elsewhere", name) is None


async def test_find_by_name_of_two_returns_the_newer(batch: BatchService, name: str) -> None:
    await batch.submit(request(name))
    await asyncio.sleep(0.01)
    newer = await batch.submit(request(name))
    found = await batch.find_by_name("q", name)
    assert found is not None
    assert found.id == newer


async def test_terminate_ends_a_job_with_the_reason(batch: BatchService, name: str) -> None:
    job_id = await batch.submit(request(name))
    await batch.terminate(job_id, "oa: canceled")
    job = await wait_for_end(batch, job_id)
    assert job.status == "FAILED"
    assert job.reason == "oa: canceled"


async def test_terminate_of_an_ended_or_unknown_job_is_not_an_error(batch: BatchService, name: str) -> None:
    job_id = await batch.submit(request(name))
    await batch.terminate(job_id, "first")
    await wait_for_end(batch, job_id)
    await batch.terminate(job_id, "second")
    assert (await wait_for_end(batch, job_id)).reason == "first"
    await batch.terminate("00000000-0000-0000-0000-000000000000", "nothing")


async def test_array_has_a_child_for_each_place_with_the_name_of_the_array(batch: BatchService, name: str) -> None:
    array = await batch.submit(replace(request(name), array_size=3))
    found = await batch.find_by_name("q", name)
    assert found is not None
    assert found.id == array
    children = await batch.describe([f"{array}:{place}" for place in range(4)])
    assert [child.id for child in children] == [f"{array}:{place}" for place in range(3)]
    assert {child.name for child in children} == {name}
    await batch.terminate(array, "over")
    for child in children:
        assert (await wait_for_end(batch, child.id)).reason == "over"


async def test_terminate_of_a_child_ends_no_other(batch: BatchService, name: str) -> None:
    array = await batch.submit(replace(request(name), array_size=2))
    await batch.terminate(f"{array}:1", "oa: canceled")
    assert (await wait_for_end(batch, f"{array}:1")).reason == "oa: canceled"
    (other,) = await batch.describe([f"{array}:0"])
    assert not other.ended
    await batch.terminate(array, "over")
    await wait_for_end(batch, f"{array}:0")


@pytest.mark.parametrize("size", [0, 1, 10_001])
async def test_array_of_a_size_that_batch_does_not_take_is_refused(batch: BatchService, name: str, size: int) -> None:
    with pytest.raises(BatchRefusedError) as refused:
        await batch.submit(replace(request(name), array_size=size))
    assert not refused.value.throttled
    assert await batch.find_by_name("q", name) is None
