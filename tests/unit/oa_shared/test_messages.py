"""Messages survive a queue unchanged, and invalid ones are refused."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from oa_shared.job_kinds import JobKind
from oa_shared.messages import (
    BatchEvent,
    JobMessage,
    MessageTooLargeError,
    StatusMessage,
    UnreadableMessageError,
    dump,
    parse_job_message,
    parse_result_message,
    to_ascii,
)
from oa_shared.postgres_json import why_not_storable
from oa_shared.scheduling import Lane, Tier
from oa_shared.status import JobStatus
from support.character_classes import CHARACTER_CLASSES

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
JOB = JobMessage(
    run=1,
    job=2,
    attempt=1,
    token="a" * 32,
    lane=Lane.MANUAL,
    tier=Tier.STANDARD,
    layer="addresses",
    source_name="xx/é",
    name="city",
)
STATUS = StatusMessage(job=2, attempt=1, token="a" * 32, seq=3, status=JobStatus.SUCCESS, at=NOW, result={"count": 1})


def test_job_message_dumped_and_parsed_is_equal() -> None:
    assert parse_job_message(dump(JOB)) == JOB


def test_job_message_of_a_product_keeps_its_kind() -> None:
    product = replace(JOB, job_kind=JobKind.COLLECTION, layer="all", source_name="collection/us")
    assert parse_job_message(dump(product)) == product


def test_job_message_of_a_source_has_no_kind_for_older_readers() -> None:
    assert "job_kind" not in json.loads(dump(JOB))


def test_parse_job_message_unknown_job_kind_is_refused() -> None:
    with pytest.raises(UnreadableMessageError):
        parse_job_message(dump(JOB).replace('"v": 1', '"v": 1, "job_kind": "poem"'))


def test_status_message_dumped_and_parsed_is_equal() -> None:
    assert parse_result_message(dump(STATUS)) == STATUS


def test_batch_event_dumped_and_parsed_is_equal() -> None:
    event = BatchEvent(batch_job="b", job_name="oa-x-1-1-aaaaaaaa", status="FAILED", at=NOW, exit_code=137)
    assert parse_result_message(dump(event)) == event


def test_parse_result_message_event_bridge_shape_becomes_batch_event() -> None:
    detail = {
        "jobId": "b",
        "jobName": "n",
        "status": "FAILED",
        "statusReason": "gone",
        "container": {"exitCode": 137, "reason": "OutOfMemoryError", "image": "x"},
        "jobQueue": "q",
    }
    event = {"detail-type": "Batch Job State Change", "time": "2026-01-02T03:04:05Z", "detail": detail}
    assert parse_result_message(json.dumps(event)) == BatchEvent(
        batch_job="b", job_name="n", status="FAILED", at=NOW, exit_code=137, reason="OutOfMemoryError; gone"
    )


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        "[]",
        "{}",
        '{"kind": "job.status"}',
        dump(JOB),
        dump(STATUS).replace('"v": 1', '"v": 2'),
        dump(STATUS).replace('"seq": 3', '"seq": "3"'),
        dump(STATUS).replace('"seq": 3', '"seq": 3, "extra": 1'),
        dump(STATUS).replace('"job": 2', f'"job": {2**63}'),
        dump(STATUS).replace('"Success"', '"Great"'),
        dump(STATUS).replace("a" * 32, "a\\u0000" * 16),
        '{"detail-type": "Batch Job State Change", "detail": {}}',
        "[" * 100_000,
    ],
)
def test_parse_result_message_unreadable_body_is_refused(body: str) -> None:
    with pytest.raises(UnreadableMessageError):
        parse_result_message(body)


@pytest.mark.parametrize("name", CHARACTER_CLASSES)
def test_dumped_message_is_ascii_and_parses_to_the_same_text(name: str) -> None:
    message = replace(JOB, name=CHARACTER_CLASSES[name])
    body = dump(message)
    assert body.isascii()
    if why_not_storable(message.name) is None:
        assert parse_job_message(body) == message
        return
    with pytest.raises(UnreadableMessageError):
        parse_job_message(body)


@pytest.mark.parametrize("name", CHARACTER_CLASSES)
def test_to_ascii_of_an_older_body_is_the_same_json(name: str) -> None:
    older = json.dumps({"name": CHARACTER_CLASSES[name]}, ensure_ascii=False)
    assert to_ascii(older).isascii()
    assert json.loads(to_ascii(older)) == json.loads(older)


def test_status_message_without_its_result_points_to_s3() -> None:
    stored = replace(STATUS, result=None, result_stored=True)
    assert parse_result_message(dump(stored)) == stored
    assert "result_stored" not in dump(STATUS)


def test_parse_result_message_cleans_the_reason_of_batch() -> None:
    detail = {"jobId": "b", "jobName": "n", "status": "FAILED", "statusReason": "a\0b\ud800" + "x" * 5000}
    event = parse_result_message(json.dumps({"detail-type": "Batch Job State Change", "detail": detail}))
    assert isinstance(event, BatchEvent)
    assert (event.reason or "").startswith("a\ufffdb\ufffdxx")
    assert len((event.reason or "").encode()) <= 2000


def test_dump_above_64_kib_is_refused() -> None:
    with pytest.raises(MessageTooLargeError):
        dump(StatusMessage(**{**_fields(STATUS), "result": {"text": "é" * 40_000}}))


def _fields(message: StatusMessage) -> dict[str, object]:
    return {name: getattr(message, name) for name in message.__slots__}


def test_job_message_of_a_sample_keeps_its_size() -> None:
    sampled = replace(JOB, sample=50)
    assert parse_job_message(dump(sampled)) == sampled
    assert "sample" not in dump(JOB)
