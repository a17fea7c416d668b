"""Messages that arrive together: which become an array job, and what each meets when something fails on the way."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from oa_dispatcher.api_client import ApiRefusedError
from oa_dispatcher.submission import Submission
from oa_dispatcher.token_bucket import TokenBucket
from oa_shared.batch import BatchForbiddenError, BatchRefusedError, BatchUnknownError, SubmitRequest
from oa_shared.messages import REPUBLISHED, JobMessage, dump
from oa_shared.outcomes import Ack, DeadLetter, DependencyDown, Outcome, RetryAfter
from oa_shared.queue import ReceivedMessage
from oa_shared.scheduling import Lane, Tier

JOBS = (1, 2, 3, 4)


@pytest.fixture(autouse=True)
def _arrays(world: Any) -> None:
    world.settings = replace(world.settings, array_jobs=True, array_least=2, visibility_s=0)


def message(
    job: int, *, lane: Lane = Lane.WEEKLY, tier: Tier = Tier.STANDARD, attempt: int = 1, **more: Any
) -> ReceivedMessage:
    identity = {"run": 1, "job": job, "attempt": attempt, "token": f"{job:032x}"}
    what = {"lane": lane, "tier": tier, "layer": "addresses", "source_name": "xx/a", "name": "city"}
    body = dump(JobMessage(**identity, **what))  # type: ignore[arg-type]
    return ReceivedMessage(**{"id": "m", "body": body, "receipt": "r", **more})


async def handle(world: Any, *messages: ReceivedMessage) -> list[Outcome]:
    submission = Submission(world.settings, api=world.api, batch=world.batch, bucket=TokenBucket(1000))
    return [settlement.outcome for settlement in await submission.handle_batch(messages)]


def add_jobs(world: Any, *jobs: int, **more: Any) -> None:
    for job in jobs:
        world.api.add(job, lane="weekly", **more)


def sizes(world: Any) -> list[int | None]:
    """Return the sizes of the calls of SubmitJob; None for one of a single job."""
    return [entry.request.array_size for name, entry in world.batch.entries.items() if ":" not in name]


async def test_weekly_jobs_are_one_array_job_and_each_is_reported_with_its_child(world: Any) -> None:
    add_jobs(world, *JOBS)
    assert await handle(world, *map(message, JOBS)) == [Ack()] * 4
    assert world.batch.calls == ["submit"]
    assert sizes(world) == [4]
    reported = {job: row["batch_job"] for job, row in world.api.rows.items()}
    assert reported == {1: "batch-1:0", 2: "batch-1:1", 3: "batch-1:2", 4: "batch-1:3"}
    assert {row["status"] for row in world.api.rows.values()} == {"Submitted"}


async def test_array_has_no_token_of_an_attempt(world: Any) -> None:
    add_jobs(world, *JOBS)
    await handle(world, *map(message, JOBS))
    request: SubmitRequest = world.batch.entries["batch-1"].request
    assert request.name == "oa-test-array-1-00000000"
    assert request.environment["OA_ARRAY"] == "1"
    assert request.environment["OA_ARRAY_TOKEN"] == world.api.arrays[1].array.token
    assert not {"OA_TOKEN", "OA_JOB", "OA_ATTEMPT"} & set(request.environment)
    assert "s" not in request.environment.values(), "the shared secret"


@pytest.mark.parametrize(
    "more",
    [
        {"lane": Lane.MANUAL},
        {"lane": Lane.PULL_REQUEST},
        {"tier": Tier.LARGE},
        {"attempt": 2},
        {"receive_count": 2},
        {"attributes": {REPUBLISHED: "yes"}},
    ],
    ids=str,
)
async def test_what_is_submitted_by_itself(world: Any, more: dict[str, Any]) -> None:
    add_jobs(world, *JOBS, attempt=more.get("attempt", 1))
    assert await handle(world, *(message(job, **more) for job in JOBS)) == [Ack()] * 4
    assert sizes(world) == [None] * 4


@pytest.mark.parametrize(("least", "expected"), [(4, [4]), (5, [None] * 4)])
async def test_fewer_jobs_than_the_least_are_submitted_by_themselves(
    world: Any, least: int, expected: list[int | None]
) -> None:
    world.settings = replace(world.settings, array_least=least)
    add_jobs(world, *JOBS)
    assert await handle(world, *map(message, JOBS)) == [Ack()] * 4
    assert sizes(world) == expected


async def test_off_no_array(world: Any) -> None:
    world.settings = replace(world.settings, array_jobs=False)
    add_jobs(world, *JOBS)
    await handle(world, *map(message, JOBS))
    assert sizes(world) == [None] * 4


async def test_jobs_of_different_definitions_and_shares_are_different_arrays(world: Any) -> None:
    world.batch.definitions.add("d-small")
    world.batch.fair_share_queues.add("queue-weekly")
    definitions = {**world.settings.batch_definitions, "small": "d-small"}
    world.settings = replace(world.settings, fair_share_lanes=("weekly",), batch_definitions=definitions)
    add_jobs(world, 1, 2, 3, 4, owner="a")
    add_jobs(world, 5, 6, owner="b")
    tiers = {1: Tier.SMALL, 2: Tier.SMALL}
    jobs = range(1, 7)
    assert await handle(world, *(message(job, tier=tiers.get(job, Tier.STANDARD)) for job in jobs)) == [Ack()] * 6
    assert sorted(sizes(world), key=str) == [2, 2, 2]
    shares = {entry.request.share for entry in world.batch.entries.values()}
    assert len(shares) == 2


async def test_urgent_jobs_are_submitted_before_the_array(world: Any) -> None:
    add_jobs(world, *JOBS)
    world.api.add(9, lane="pull_request")
    await handle(world, *map(message, JOBS), message(9, lane=Lane.PULL_REQUEST))
    assert sizes(world) == [None, 4]


async def test_stale_unreadable_and_unknown_messages_decide_about_no_other(world: Any) -> None:
    add_jobs(world, 1, 2)
    add_jobs(world, 3, status="Success")
    unreadable = ReceivedMessage("m", "{}", "r")
    outcomes = await handle(world, message(1), unreadable, message(3), message(4), message(2))
    assert isinstance(outcomes.pop(1), DeadLetter)
    assert outcomes == [Ack()] * 4
    assert sizes(world) == [2]


async def test_unknown_outcome_is_adopted_by_the_next_delivery_of_any_of_its_messages(world: Any) -> None:
    add_jobs(world, *JOBS)
    world.batch.faults.append(BatchUnknownError("no answer"))
    outcomes = await handle(world, *map(message, JOBS))
    assert outcomes == [DependencyDown(world.settings.unknown_retry_s)] * 4
    assert await handle(world, message(3, receive_count=2)) == [Ack()]
    assert {row["status"] for row in world.api.rows.values()} == {"Submitted"}
    assert sizes(world) == [4]
    # The other messages of the array find their jobs submitted.
    assert await handle(world, *(message(job, receive_count=2) for job in JOBS)) == [Ack()] * 4
    assert sizes(world) == [4]


async def test_array_that_was_written_but_not_submitted_is_submitted_as_the_same_array(world: Any) -> None:
    add_jobs(world, *JOBS)
    await world.api.create_array([_job(job) for job in JOBS], turn_s=0)
    assert await handle(world, message(2, receive_count=2)) == [Ack()]
    assert sizes(world) == [4]
    assert world.batch.entries["batch-1"].request.name == "oa-test-array-1-00000000"
    assert world.api.rows[2]["batch_job"] == "batch-1:1"


async def test_array_job_of_the_same_number_from_before_a_restore_is_not_adopted(world: Any) -> None:
    add_jobs(world, *JOBS)
    old = SubmitRequest("oa-test-array-1-abcdef01", "queue-weekly", "d-standard", array_size=4)
    await world.batch.submit(old)
    await world.api.create_array([_job(job) for job in JOBS], turn_s=0)
    assert await handle(world, message(2, receive_count=2)) == [Ack()]
    assert sizes(world) == [4, 4]
    assert world.api.rows[2]["batch_job"] == "batch-2:1"


async def test_array_that_another_dispatcher_submits_now_waits(world: Any) -> None:
    add_jobs(world, *JOBS)
    await world.api.create_array([_job(job) for job in JOBS], turn_s=60)
    outcomes = await handle(world, *(message(job, receive_count=2) for job in JOBS))
    assert outcomes == [RetryAfter(world.settings.api_retry_s)] * 4
    assert world.batch.entries == {}


async def test_job_of_an_array_of_another_dispatcher_is_left_out(world: Any) -> None:
    add_jobs(world, *JOBS)
    states = world.api.attempt_states

    async def overtaken(jobs: list[int]) -> Any:
        found = await states(jobs)
        await world.api.create_array([_job(1), _job(2)], turn_s=60)
        return found

    world.api.attempt_states = overtaken
    outcomes = await handle(world, *map(message, JOBS))
    assert outcomes == [RetryAfter(1), RetryAfter(1), Ack(), Ack()]
    assert sizes(world) == [2]


async def test_refused_array_is_submitted_job_by_job(world: Any) -> None:
    add_jobs(world, *JOBS)
    world.batch.faults.append(BatchRefusedError("no arrays here"))
    assert await handle(world, *map(message, JOBS)) == [Ack()] * 4
    assert sizes(world) == [None] * 4
    assert world.api.arrays == {}
    assert {row["status"] for row in world.api.rows.values()} == {"Submitted"}


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (BatchRefusedError("TooManyRequests", throttled=True), DependencyDown(10)),
        (BatchForbiddenError("AccessDenied"), DependencyDown(60)),
    ],
)
async def test_array_that_cannot_be_submitted_now_keeps_its_jobs(
    world: Any, fault: Exception, outcome: Outcome
) -> None:
    add_jobs(world, *JOBS)
    world.batch.faults.append(fault)
    assert await handle(world, *map(message, JOBS)) == [outcome] * 4
    assert await handle(world, message(1, receive_count=2)) == [Ack()]
    assert sizes(world) == [4]


@pytest.mark.parametrize("call", ["attempt_states", "create_array", "report_array"])
async def test_api_down_at_any_call_returns_the_messages_and_the_next_delivery_continues(world: Any, call: str) -> None:
    add_jobs(world, *JOBS)
    good: Callable[..., Any] = getattr(world.api, call)

    async def down_once(*arguments: Any, **more: Any) -> Any:
        world.api.is_down = True
        return await good(*arguments, **more)

    setattr(world.api, call, down_once)
    assert await handle(world, *map(message, JOBS)) == [DependencyDown(world.settings.api_retry_s)] * 4
    setattr(world.api, call, good)
    world.api.is_down = False
    outcomes = [await handle(world, message(job, receive_count=2)) for job in JOBS]
    assert outcomes == [[Ack()]] * 4
    assert {row["status"] for row in world.api.rows.values()} == {"Submitted"}
    assert sum(size or 1 for size in sizes(world)) == 4


async def test_report_that_the_api_refuses_for_one_job_is_applied_for_the_others(world: Any) -> None:
    world.settings = replace(world.settings, array_jobs=False)
    add_jobs(world, *JOBS)
    report = world.api.report_submitted

    async def refuse_one(submitted: list[tuple[JobMessage, str]]) -> set[int]:
        if any(job.job == 2 for job, _ in submitted):
            raise ApiRefusedError("422")
        moved: set[int] = await report(submitted)
        return moved

    world.api.report_submitted = refuse_one
    assert await handle(world, *map(message, JOBS)) == [Ack(), DeadLetter("422"), Ack(), Ack()]
    assert [row["status"] for row in world.api.rows.values()] == ["Submitted", "Pending", "Submitted", "Submitted"]


@pytest.mark.parametrize("array_jobs", [True, False])
async def test_message_that_the_api_refuses_decides_about_no_other(world: Any, *, array_jobs: bool) -> None:
    world.settings = replace(world.settings, array_jobs=array_jobs)
    add_jobs(world, *JOBS)
    states = world.api.attempt_states

    async def refuse_one(jobs: list[int]) -> Any:
        if 3 in jobs:
            raise ApiRefusedError("422")
        return await states(jobs)

    world.api.attempt_states = refuse_one
    assert await handle(world, *map(message, JOBS)) == [Ack(), Ack(), DeadLetter("422"), Ack()]
    assert [row["status"] for row in world.api.rows.values()] == ["Submitted", "Submitted", "Pending", "Submitted"]


async def test_array_that_the_api_refuses_is_submitted_job_by_job(world: Any) -> None:
    add_jobs(world, *JOBS)

    async def refuse(*_: Any, **__: Any) -> Any:
        raise ApiRefusedError("422")

    world.api.create_array = refuse
    assert await handle(world, *map(message, JOBS)) == [Ack()] * 4
    assert sizes(world) == [None] * 4


@pytest.mark.parametrize("array_jobs", [True, False])
async def test_copies_of_a_message_start_one_container(world: Any, *, array_jobs: bool) -> None:
    world.settings = replace(world.settings, array_jobs=array_jobs)
    add_jobs(world, 1, 2)
    assert await handle(world, message(1), message(2), message(1), message(2)) == [Ack()] * 4
    assert sizes(world) == ([2] if array_jobs else [None, None])


async def test_copy_that_was_delivered_before_makes_the_dispatcher_look_for_a_container(world: Any) -> None:
    add_jobs(world, 1)
    world.batch.faults.append(BatchUnknownError("no answer"))
    await handle(world, message(1))
    assert await handle(world, message(1), message(1, receive_count=2)) == [Ack()] * 2
    assert sizes(world) == [None]


async def test_large_weekly_jobs_do_not_hold_up_the_array(world: Any) -> None:
    add_jobs(world, *JOBS)
    tiers = {1: Tier.LARGE, 2: Tier.LARGE}
    await handle(world, *(message(job, tier=tiers.get(job, Tier.STANDARD)) for job in JOBS))
    assert sizes(world) == [2, None, None]


def _job(job: int) -> JobMessage:
    what = {"lane": Lane.WEEKLY, "tier": Tier.STANDARD, "layer": "addresses", "source_name": "xx/a", "name": "city"}
    return JobMessage(run=1, job=job, attempt=1, token=f"{job:032x}", **what)  # type: ignore[arg-type]
