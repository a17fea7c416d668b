"""The rules of AWS Batch that the emulation holds: the last value that each takes, and the first that it refuses."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from oa_local.batch.aws_types import SubmittedJob
from oa_local.batch.job import EmulatedJob, Ledger
from oa_local.batch.refusals import (
    MAX_ACTIVE_SHARES,
    MAX_DEPENDENCIES,
    MAX_PAYLOAD_BYTES,
    BatchClientError,
    check_description,
    check_end,
    check_share,
    check_submission,
)
from oa_shared.carriers import MAX_OVERRIDE_CHARACTERS
from oa_shared.scheduling import share_of

JOB = {"jobName": "oa-test-1-1-00000000", "jobQueue": "q", "jobDefinition": "d"}
FAIR, PLAIN = {"schedulingPolicyArn": "arn:aws:batch:::scheduling-policy/p"}, dict[str, Any]()


def variables(length: int, name: str = "V") -> dict[str, Any]:
    """Return overrides whose JSON has a number of characters."""
    empty = len('{"environment":[{"name":"","value":""}]}') + len(name)
    return {"containerOverrides": {"environment": [{"name": name, "value": "x" * (length - empty)}]}}


def submission(**fields: Any) -> SubmittedJob:
    return cast("SubmittedJob", JOB | fields)


@pytest.mark.parametrize(
    ("taken", "refused", "reason"),
    [
        ({"arrayProperties": {"size": 2}}, {"arrayProperties": {"size": 1}}, "Array size"),
        ({"arrayProperties": {"size": 10_000}}, {"arrayProperties": {"size": 10_001}}, "Array size"),
        ({}, {"arrayProperties": {}}, "Array size"),
        ({"jobName": "a" * 128}, {"jobName": "a" * 129}, "jobName"),
        ({"jobName": "0_-"}, {"jobName": "-0"}, "jobName"),
        ({"jobName": "a"}, {"jobName": ""}, "jobName"),
        ({"jobName": "a"}, {"jobName": "a:1"}, "jobName"),
        (variables(MAX_OVERRIDE_CHARACTERS), variables(MAX_OVERRIDE_CHARACTERS + 1), "Overrides length"),
        (variables(100, "AWS_X"), variables(100, "AWS_BATCH_X"), "AWS_BATCH"),
        ({"timeout": {"attemptDurationSeconds": 60}}, {"timeout": {"attemptDurationSeconds": 59}}, "at least 60"),
        ({"schedulingPriorityOverride": 9999}, {"schedulingPriorityOverride": 10_000}, "schedulingPriority"),
        ({"schedulingPriorityOverride": 0}, {"schedulingPriorityOverride": -1}, "schedulingPriority"),
        ({"tags": {str(n): "" for n in range(50)}}, {"tags": {str(n): "" for n in range(51)}}, "tags"),
        ({}, {"retryStrategy": {"attempts": 11}}, "attempts must be"),
        ({}, {"retryStrategy": {"attempts": 1}}, "does not support"),
        ({}, {"dependsOn": [{"jobId": "1"}] * (MAX_DEPENDENCIES + 1)}, "at most 20 jobs"),
        ({}, {"dependsOn": [{"type": "SEQUENTIAL"}]}, "does not support"),
        ({}, {"containerOverrides": {"command": ["x"]}}, "command"),
    ],
)
def test_submission_is_taken_up_to_a_limit(taken: dict[str, Any], refused: dict[str, Any], reason: str) -> None:
    check_submission(submission(**taken), size_bytes=1000)
    with pytest.raises(BatchClientError) as error:
        check_submission(submission(**refused), size_bytes=1000)
    assert reason in (error.value.text or "")


def test_request_has_at_most_thirty_kilobytes() -> None:
    check_submission(submission(), size_bytes=MAX_PAYLOAD_BYTES)
    with pytest.raises(BatchClientError):
        check_submission(submission(), size_bytes=MAX_PAYLOAD_BYTES + 1)


@pytest.mark.parametrize(
    ("queue", "fields", "is_taken"),
    [
        (FAIR, {"shareIdentifier": "abc", "schedulingPriorityOverride": 1}, True),
        (FAIR, {"shareIdentifier": "abc*"}, True),
        (FAIR, {}, False),
        (FAIR, {"shareIdentifier": "a-b"}, False),
        (FAIR, {"shareIdentifier": "a" * 256}, False),
        (PLAIN, {}, True),
        (PLAIN, {"shareIdentifier": "abc"}, False),
        (PLAIN, {"schedulingPriorityOverride": 1}, False),
        (None, {"shareIdentifier": "abc"}, True),
        (None, {"shareIdentifier": ""}, False),
    ],
)
def test_share_is_for_queues_with_a_fair_share_policy(
    queue: dict[str, Any] | None, fields: dict[str, Any], *, is_taken: bool
) -> None:
    if is_taken:
        check_share(submission(**fields), queue, set)
        return
    with pytest.raises(BatchClientError):
        check_share(submission(**fields), queue, set)


def test_queue_has_at_most_500_active_shares(tmp_path: Path) -> None:
    """The shares of the product are fewer, whatever its owners are called."""
    ledger = Ledger(tmp_path)
    job = EmulatedJob("one", "shared", "d", [], {}, 512, None)
    for number in range(MAX_ACTIVE_SHARES):
        ledger.jobs[str(number)] = replace(job, id=str(number), share=f"owner{number}")
    ledger.jobs["plain"] = replace(job, id="plain", queue="plain", share="other")

    def submit(share: str) -> None:
        check_share(submission(shareIdentifier=share), FAIR, lambda: ledger.active_shares("shared"))

    submit("owner7")
    with pytest.raises(BatchClientError) as error:
        submit("another")
    assert "500 active share identifiers" in (error.value.text or "")
    ledger.jobs["7"].status = "SUCCEEDED"
    submit("another")
    assert len({share_of(str(owner)) for owner in range(20_000)}) <= MAX_ACTIVE_SHARES


def test_description_is_of_one_to_a_hundred_jobs() -> None:
    check_description(["1"] * 100)
    for count in (0, 101):
        with pytest.raises(BatchClientError):
            check_description(["1"] * count)


@pytest.mark.parametrize("body", [{"jobId": "1"}, {"reason": "x"}, {"jobId": "1", "reason": ""}])
def test_termination_names_a_job_and_a_reason(body: dict[str, str]) -> None:
    check_end({"jobId": "1", "reason": "x"})
    with pytest.raises(BatchClientError):
        check_end(body)
