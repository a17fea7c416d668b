"""The sweep compares Batch with the database."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from oa_dispatcher.submission import Submission
from oa_dispatcher.sweep import BatchSweep
from oa_dispatcher.token_bucket import TokenBucket
from oa_shared.batch import BatchRefusedError, SubmitRequest
from oa_shared.messages import JobMessage, dump
from oa_shared.queue import QueueUnavailableError, ReceivedMessage
from oa_shared.scheduling import Lane, Tier
from support.consuming import handle_one

LONG_AGO = "2026-01-01T00:00:00+00:00"


async def submit(world: Any, job: int, **row: Any) -> str:
    """Add a job to Batch and to the API, as a dispatcher does."""
    name = f"oa-test-{job}-1-{job:032x}"[: len(f"oa-test-{job}-1-") + 8]
    batch_job: str = await world.batch.submit(SubmitRequest(name, "queue-manual", "d-standard"))
    world.api.add(job, **{"status": "Running", "batch_job": batch_job, **row})
    return batch_job


async def sweep(world: Any) -> list[dict[str, Any]]:
    """Sweep once and return the events on the results queue."""
    await BatchSweep(world.settings, api=world.api, batch=world.batch, results=world.results).once()
    return [json.loads(message.body) for message in await world.results.receive(10, 0, 30)]


async def test_sweep_of_a_running_job_sends_nothing(world: Any) -> None:
    world.batch.change(await submit(world, 1), status="RUNNING", started_at=time.time())
    assert await sweep(world) == []
    assert "terminate" not in world.batch.calls


async def test_sweep_of_an_ended_container_sends_how_it_ended(world: Any) -> None:
    world.batch.change(await submit(world, 1), status="FAILED", exit_code=137, reason="OutOfMemoryError: x")
    (event,) = await sweep(world)
    fields = (event["kind"], event["job_name"], event["status"], event["exit_code"], event["reason"])
    assert fields == ("batch.event", "oa-test-1-1-00000000", "FAILED", 137, "OutOfMemoryError: x")


@pytest.mark.parametrize(
    ("age", "statuses"), [(timedelta(hours=1), ["LOST"]), (timedelta(), [])], ids=["long", "short"]
)
async def test_sweep_of_a_job_unknown_to_batch_is_lost_after_a_while(
    world: Any, age: timedelta, statuses: list[str]
) -> None:
    updated_at = (datetime.now(UTC) - age).isoformat()
    world.batch.forget(await submit(world, 1, updated_at=updated_at))
    assert [event["status"] for event in await sweep(world)] == statuses


async def test_sweep_of_a_silent_job_that_batch_still_runs_is_not_lost(world: Any) -> None:
    await submit(world, 1, updated_at=LONG_AGO)
    assert await sweep(world) == []


async def test_sweep_of_a_running_job_without_a_batch_id_finds_it_by_name(world: Any) -> None:
    batch_job = await submit(world, 1, batch_job=None, updated_at=LONG_AGO)
    assert await sweep(world) == []
    world.batch.change(batch_job, status="FAILED", exit_code=1)
    (event,) = await sweep(world)
    assert event["status"] == "FAILED"
    assert event["batch_job"] == batch_job


@pytest.mark.parametrize(("lane", "tier"), list(product(Lane, Tier)))
async def test_sweep_finds_what_a_dispatcher_submitted_and_did_not_report(world: Any, lane: Lane, tier: Tier) -> None:
    queues = {**{lane: f"queue-{lane}" for lane in Lane}, f"{lane}.{Tier.LARGE}": "ec2", f"{lane}.{Tier.HUGE}": "ec2"}
    definitions = {tier: f"d-{tier}" for tier in Tier}
    world.settings = replace(world.settings, batch_queues=queues, batch_definitions=definitions)
    world.batch.definitions = set(definitions.values())
    token = f"{1:032x}"
    world.api.add(1, lane=lane, tier=tier)
    message = JobMessage(
        run=1, job=1, attempt=1, token=token, layer="addresses", name="county", source_name="xx/a", lane=lane, tier=tier
    )
    submission = Submission(world.settings, api=world.api, batch=world.batch, bucket=TokenBucket(100))
    await handle_one(submission.handle_batch, ReceivedMessage("1", dump(message), "receipt"))
    # The dispatcher was killed between the submission and its report.
    world.api.rows[1] |= {"status": "Submitted", "batch_job": None, "updated_at": LONG_AGO}
    assert await sweep(world) == []
    (batch_job,) = world.batch.entries
    world.batch.change(batch_job, status="FAILED", exit_code=1)
    (event,) = await sweep(world)
    assert (event["status"], event["batch_job"]) == ("FAILED", batch_job)


async def test_sweep_of_a_lane_without_a_queue_continues_with_the_other_jobs(world: Any) -> None:
    await submit(world, 1, batch_job=None, updated_at=LONG_AGO, lane="pull_request")
    world.settings = replace(world.settings, batch_queues={"manual": "queue-manual"})
    world.batch.change(await submit(world, 2), status="FAILED", exit_code=1)
    assert [event["status"] for event in await sweep(world)] == ["FAILED"]


async def test_sweep_of_a_job_past_its_time_limit_terminates_it(world: Any) -> None:
    batch_job = await submit(world, 1)
    world.batch.change(batch_job, status="RUNNING", started_at=time.time() - world.settings.job_timeout_s - 600)
    await sweep(world)
    assert world.batch.entries[batch_job].job.reason == "oa: past its time limit"


async def test_sweep_of_a_waiting_job_past_its_deadline_terminates_it(world: Any) -> None:
    batch_job = await submit(world, 1, status="Submitted")
    world.batch.change(batch_job, created_at=time.time() - world.settings.job_deadline_s - 1)
    await sweep(world)
    assert world.batch.entries[batch_job].job.reason == "oa: past its deadline"


async def test_sweep_of_canceled_jobs_ends_every_container(world: Any) -> None:
    jobs = [await submit(world, job, status="Canceled") for job in range(1, 251)]
    await sweep(world)
    assert {world.batch.entries[job].job.reason for job in jobs} == {"oa: canceled"}


async def test_sweep_continues_after_a_container_that_batch_does_not_end(world: Any) -> None:
    first, second = [await submit(world, job, status="Canceled") for job in (1, 2)]
    terminate = world.batch.terminate

    async def refuse_one(job_id: str, reason: str) -> None:
        if job_id == second:
            raise BatchRefusedError("no")
        await terminate(job_id, reason)

    world.batch.terminate = refuse_one
    await sweep(world)
    assert world.batch.entries[first].job.ended


async def test_sweep_of_ten_thousand_jobs_describes_a_hundred_per_call(world: Any) -> None:
    for job in range(1, 10_051):
        await submit(world, job)
    world.batch.calls.clear()
    await sweep(world)
    assert world.batch.calls == ["describe"] * 101


async def test_sweep_event_that_the_queue_does_not_accept_is_sent_by_the_next(world: Any) -> None:
    world.batch.change(await submit(world, 1), status="FAILED", exit_code=1)

    async def refuse(messages: Any) -> list[bool]:
        return [False] * len(messages)

    send, world.results.send_batch = world.results.send_batch, refuse
    with pytest.raises(QueueUnavailableError):
        await sweep(world)
    world.results.send_batch = send
    assert len(await sweep(world)) == 1


async def test_sweep_sends_the_events_of_later_pages_after_one_that_the_queue_refuses(world: Any) -> None:
    for job in range(1, 121):
        world.batch.change(await submit(world, job), status="FAILED", exit_code=1, reason="a\0b\ud800" * 1000)
    send = world.results.send_batch

    async def refuse_first(messages: Any) -> list[bool]:
        return [False, *(await send(messages[1:]))]

    world.results.send_batch = refuse_first
    with pytest.raises(QueueUnavailableError, match="12 events"):
        await sweep(world)
    world.results.send_batch = send
    assert (await world.results.depth()).visible == 108
