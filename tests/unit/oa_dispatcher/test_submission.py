"""One message of the jobs queue, in any state of the API and of Batch."""

import asyncio
import json
from dataclasses import replace
from typing import Any
from unittest.mock import AsyncMock

import pytest

from oa_dispatcher.api_client import ApiClient, ApiRefusedError, ApiUnavailableError
from oa_dispatcher.submission import Submission
from oa_dispatcher.token_bucket import TokenBucket
from oa_shared.batch import BatchForbiddenError, BatchRefusedError, BatchUnknownError
from oa_shared.consumer import QueueConsumer
from oa_shared.job_kinds import JobKind
from oa_shared.messages import REPUBLISHED, JobMessage, dump, parse_job_message
from oa_shared.outcomes import Ack, DeadLetter, DependencyDown, Outcome, RetryAfter
from oa_shared.postgres_json import why_not_storable
from oa_shared.queue import OutgoingMessage, ReceivedMessage
from oa_shared.scheduling import Lane, Tier, share_of
from support.character_classes import CHARACTER_CLASSES
from support.consuming import handle_one
from support.fakes.memory_queue import MemoryQueue

NAME = "oa-test-7-1-00000000"


def message(
    job: int = 7,
    *,
    tier: Tier = Tier.STANDARD,
    kind: JobKind = JobKind.SOURCE,
    lane: Lane = Lane.MANUAL,
    sample: int | None = None,
    **more: Any,
) -> ReceivedMessage:
    fields = {
        "job_kind": kind,
        "lane": lane,
        "tier": tier,
        "sample": sample,
        "layer": "addresses",
        "source_name": "xx/a",
        "name": "city",
    }
    body = dump(JobMessage(run=1, job=job, attempt=1, token=f"{job:032x}", **fields))
    return ReceivedMessage(**{"id": "m", "body": body, "receipt": "r", **more})


async def handle(world: Any, received: ReceivedMessage) -> Outcome:
    bucket = TokenBucket(1000)
    return await handle_one(
        Submission(world.settings, api=world.api, batch=world.batch, bucket=bucket).handle_batch, received
    )


@pytest.mark.parametrize("lane", Lane)
@pytest.mark.parametrize("sample", [None, 100])
async def test_containers_of_pull_requests_and_samples_have_a_short_time_limit(
    world: Any, lane: Lane, sample: int | None
) -> None:
    world.api.add(7)
    await handle(world, message(7, lane=lane, sample=sample))
    (entry,) = world.batch.entries.values()
    assert entry.request.timeout_s == (1800 if sample or lane is Lane.PULL_REQUEST else 21_600)
    assert replace(world.settings, job_timeout_s=60).timeout_of(lane, is_sample=bool(sample)) == 60


async def test_pending_job_is_submitted_once_and_reported(world: Any) -> None:
    world.api.add(7)
    assert await handle(world, message()) == Ack()
    assert world.batch.calls == ["submit"]
    (entry,) = world.batch.entries.values()
    assert entry.request.name == NAME
    assert entry.request.queue == "queue-manual"
    assert entry.request.definition == "d-standard"
    assert entry.request.environment["OA_TOKEN"] == f"{7:032x}"
    assert world.api.rows[7]["status"] == "Submitted"
    assert world.api.rows[7]["batch_job"] == entry.job.id


@pytest.mark.parametrize("kind", JobKind)
async def test_container_receives_the_kind_of_its_job(world: Any, kind: JobKind) -> None:
    world.api.add(7)
    await handle(world, message(kind=kind))
    (entry,) = world.batch.entries.values()
    assert entry.request.environment["OA_KIND"] == kind


async def test_container_receives_no_shared_secret(world: Any) -> None:
    world.settings = replace(world.settings, shared_secret="the-shared-secret")
    world.api.add(7)
    await handle(world, message())
    (entry,) = world.batch.entries.values()
    assert "the-shared-secret" not in json.dumps(dict(entry.request.environment))


@pytest.mark.parametrize(
    "row",
    [
        None,
        {"status": "Submitted"},
        {"status": "Running"},
        {"status": "Success"},
        {"status": "Canceled"},
        {"attempt": 2},
        {"token": "f" * 32},
    ],
)
async def test_stale_message_is_acknowledged_without_a_call_to_batch(world: Any, row: dict[str, Any] | None) -> None:
    if row is not None:
        world.api.add(7, **row)
    assert await handle(world, message()) == Ack()
    assert world.batch.calls == []


@pytest.mark.parametrize("more", [{"receive_count": 2}, {"attributes": {REPUBLISHED: "yes"}}])
async def test_repeated_message_adopts_an_existing_container(world: Any, more: dict[str, Any]) -> None:
    world.api.add(7)
    await handle(world, message())
    world.api.rows[7] |= {"status": "Pending", "batch_job": None}
    assert await handle(world, message(**more)) == Ack()
    assert len(world.batch.entries) == 1
    assert world.api.rows[7]["batch_job"] == "batch-1"


async def test_repeated_message_without_a_container_submits(world: Any) -> None:
    world.api.add(7)
    assert await handle(world, message(receive_count=2)) == Ack()
    assert world.batch.calls == ["find_by_name", "submit"]


async def test_unknown_outcome_returns_the_message_and_the_next_delivery_adopts(world: Any) -> None:
    world.api.add(7)
    world.batch.faults.append(BatchUnknownError())
    assert await handle(world, message()) == DependencyDown(world.settings.unknown_retry_s)
    assert await handle(world, message(receive_count=2)) == Ack()
    assert len(world.batch.entries) == 1


@pytest.mark.parametrize("lane", list(Lane))
async def test_job_uses_the_share_of_its_owner_in_a_lane_with_shares(world: Any, lane: Lane) -> None:
    world.settings = replace(world.settings, fair_share_lanes=("pull_request",))
    world.batch.fair_share_queues = {"queue-pr"}
    for job, owner in ((7, "octo-cat"), (8, "octo-cat"), (9, "")):
        world.api.add(job, owner=owner)
        assert await handle(world, message(job, lane=lane)) == Ack()
    expected = [share_of("octo-cat"), share_of("octo-cat"), share_of("")] if lane is Lane.PULL_REQUEST else [None] * 3
    assert [entry.request.share for entry in world.batch.entries.values()] == expected


async def test_throttled_returns_the_message_and_slows_the_bucket(world: Any) -> None:
    world.api.add(7)
    world.batch.faults.append(BatchRefusedError(throttled=True))
    bucket = TokenBucket(100)
    submission = Submission(world.settings, api=world.api, batch=world.batch, bucket=bucket)
    assert isinstance(await handle_one(submission.handle_batch, message()), DependencyDown)
    assert bucket._rate == 50
    assert world.api.rows[7]["status"] == "Pending"
    assert world.batch.entries == {}


async def test_forbidden_returns_the_message_and_fails_no_job(world: Any) -> None:
    world.api.add(7)
    world.batch.faults.append(BatchForbiddenError("AccessDeniedException"))
    assert isinstance(await handle(world, message()), DependencyDown)
    assert world.api.rows[7]["status"] == "Pending"
    assert world.api.reports == []
    assert world.batch.entries == {}


async def test_denied_submissions_hold_the_queue_until_they_are_allowed(world: Any) -> None:
    """The brake of the budget denies SubmitJob only: a readiness check of other calls would use up every delivery."""
    world.api.add(7)
    submission = Submission(world.settings, api=world.api, batch=world.batch, bucket=TokenBucket(1000))
    world.batch.denies_submissions = True
    assert isinstance(await handle_one(submission.handle_batch, message()), DependencyDown)
    assert not await submission.is_ready()
    assert not await submission.is_ready()
    world.batch.denies_submissions = False
    assert await submission.is_ready()
    world.batch.calls.clear()
    assert await submission.is_ready()
    assert "submit" not in world.batch.calls
    assert await handle_one(submission.handle_batch, message(receive_count=2)) == Ack()
    (entry,) = world.batch.entries.values()
    assert entry.request.name == NAME


async def test_denied_submissions_use_up_one_delivery_of_each_message(world: Any) -> None:
    queue = MemoryQueue()
    for job in range(20):
        world.api.add(job)
        await queue.send_batch([OutgoingMessage(message(job).body)])
    submission = Submission(world.settings, api=world.api, batch=world.batch, bucket=TokenBucket(1000))
    world.batch.denies_submissions = True
    consumer = QueueConsumer(queue, submission.handle_batch, batch_size=1, is_ready=submission.is_ready)
    for _ in range(30):
        await consumer._try_to_poll(asyncio.Event())
        await asyncio.gather(*consumer._tasks)
    deliveries = [stored.receive_count for stored in queue._stored.values()]
    assert len(deliveries) == 20
    assert max(deliveries) == 1
    assert world.batch.entries == {}


async def test_throttled_permission_check_decides_nothing(world: Any) -> None:
    world.api.add(7)
    submission = Submission(world.settings, api=world.api, batch=world.batch, bucket=TokenBucket(1000))
    world.batch.faults.append(BatchForbiddenError("AccessDeniedException"))
    assert isinstance(await handle_one(submission.handle_batch, message()), DependencyDown)
    world.batch.faults.extend([BatchRefusedError(throttled=True)])
    world.batch.find_by_name = AsyncMock(return_value=None)
    assert not await submission.is_ready()
    assert await submission.is_ready()
    assert world.batch.calls == ["submit"] * 3


async def test_forbidden_lookup_returns_the_message_too(world: Any) -> None:
    world.api.add(7)
    world.batch.faults.append(BatchForbiddenError("AccessDeniedException"))
    assert isinstance(await handle(world, message(receive_count=2)), DependencyDown)
    assert world.batch.calls == ["find_by_name"]


async def test_refused_fails_the_job_with_the_message_of_batch(world: Any) -> None:
    world.api.add(7)
    world.batch.faults.append(BatchRefusedError("no such queue"))
    assert await handle(world, message()) == Ack()
    (report,) = world.api.reports
    assert report["status"] == "Fail"
    assert report["code"] == "infra.refused"
    assert report["message"] == "no such queue"


async def test_api_down_returns_the_message_before_anything_is_submitted(world: Any) -> None:
    world.api.is_down = True
    assert await handle(world, message()) == DependencyDown(world.settings.api_retry_s)
    assert world.batch.calls == []


async def test_api_down_after_submitting_returns_the_message_and_adopts_later(world: Any) -> None:
    world.api.add(7)
    world.batch.on_submit = lambda _request: setattr(world.api, "is_down", True)
    assert isinstance(await handle(world, message()), DependencyDown)
    world.api.is_down = False
    assert await handle(world, message(receive_count=2)) == Ack()
    assert len(world.batch.entries) == 1


@pytest.mark.parametrize("body", ["", "not JSON", "[]", '{"v":1,"kind":"job.status"}', '{"v":2,"kind":"job.submit"}'])
async def test_unreadable_message_becomes_a_dead_letter(world: Any, body: str) -> None:
    outcome = await handle(world, ReceivedMessage("m", body, "r"))
    assert isinstance(outcome, DeadLetter)
    assert world.batch.calls == []


async def test_report_after_that_of_the_container_is_not_an_error(world: Any) -> None:
    world.api.add(7)
    world.batch.on_submit = lambda _request: world.api.rows[7].update(status="Running")
    assert await handle(world, message()) == Ack()
    assert world.api.rows[7]["status"] == "Running"


async def test_is_ready_checks_the_api_and_batch(world: Any) -> None:
    submission = Submission(world.settings, api=world.api, batch=world.batch, bucket=TokenBucket(10))
    assert await submission.is_ready()
    world.batch.faults.append(BatchUnknownError())
    assert not await submission.is_ready()
    world.api.is_down = True
    assert not await submission.is_ready()


async def test_job_without_its_token_is_not_mistaken_for_another_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def call(*_: Any, **__: Any) -> tuple[int, Any]:
        return 200, {"states": [{"id": 7, "attempt": 1, "status": "Pending"}]}

    monkeypatch.setattr(ApiClient, "_call", call)
    with pytest.raises(ApiUnavailableError):
        await ApiClient("http://api", "an old secret").attempt_states([7])


async def test_tier_with_machines_of_its_own_uses_their_queue(world: Any) -> None:
    queues = {**world.settings.batch_queues, "manual.large": "queue-manual-ec2"}
    definitions = {**world.settings.batch_definitions, "large": "d-large"}
    world.settings = replace(world.settings, batch_queues=queues, batch_definitions=definitions)
    for job, tier in ((7, Tier.LARGE), (8, Tier.STANDARD)):
        world.api.add(job)
        await handle(world, message(job, tier=tier))
    assert [entry.request.queue for entry in world.batch.entries.values()] == ["queue-manual-ec2", "queue-manual"]


@pytest.mark.parametrize(("sample", "variable"), [(None, None), (50, "50")])
async def test_container_receives_the_size_of_a_sample(world: Any, sample: int | None, variable: str | None) -> None:
    world.api.add(7)
    await handle(world, replace(message(7), body=dump(replace(parse_job_message(message(7).body), sample=sample))))
    (entry,) = world.batch.entries.values()
    assert entry.request.environment.get("OA_SAMPLE") == variable


@pytest.mark.parametrize("name", ["x" * 8192, "é" * 1400, "a\0b"])
async def test_job_whose_variables_no_container_accepts_fails_and_the_next_is_submitted(world: Any, name: str) -> None:
    world.api.add(7)
    world.api.add(8)
    body = message(7).body.replace('"name": "city"', f'"name": {json.dumps(name)}')
    if "\0" in name:
        assert isinstance(await handle(world, replace(message(7), body=body)), DeadLetter)
        return
    assert await handle(world, replace(message(7), body=body)) == Ack()
    (report,) = world.api.reports
    assert (report["status"], report["code"]) == ("Fail", "infra.undeliverable")
    assert "OA_NAME is the longest" in report["message"]
    assert await handle(world, message(8)) == Ack()
    assert [entry.request.environment["OA_JOB"] for entry in world.batch.entries.values()] == ["8"]


@pytest.mark.parametrize("missing", [{"batch_queues": {"weekly": "q"}}, {"batch_definitions": {"large": "d-large"}}])
async def test_job_without_a_batch_queue_or_definition_fails(world: Any, missing: dict[str, Any]) -> None:
    world.settings = replace(world.settings, **missing)
    world.api.add(7)
    assert await handle(world, message()) == Ack()
    (report,) = world.api.reports
    assert report["code"] == "infra.refused"


@pytest.mark.parametrize("name", CHARACTER_CLASSES)
async def test_refusal_with_any_text_is_reported(world: Any, name: str) -> None:
    world.api.add(7)
    world.batch.faults.append(BatchRefusedError(CHARACTER_CLASSES[name] * 2000))
    assert await handle(world, message()) == Ack()
    (report,) = world.api.reports
    assert why_not_storable(report["message"]) is None
    assert 0 < len(report["message"].encode()) <= 1000


async def test_report_that_the_api_refuses_becomes_a_dead_letter(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: Any) -> set[int]:
        raise ApiRefusedError("POST /api/job/submitted answered 422")

    world.api.add(7)
    monkeypatch.setattr(world.api, "report_submitted", refuse)
    assert await handle(world, message()) == DeadLetter("POST /api/job/submitted answered 422")


@pytest.mark.parametrize(("is_throttled", "outcome"), [(True, DependencyDown(10)), (False, RetryAfter(60))])
async def test_refused_search_for_a_container_returns_the_message(
    world: Any, outcome: Outcome, *, is_throttled: bool
) -> None:
    world.api.add(7)
    world.batch.faults.append(BatchRefusedError("ListJobs", throttled=is_throttled))
    assert await handle(world, message(receive_count=2)) == outcome
    assert world.api.reports == []
