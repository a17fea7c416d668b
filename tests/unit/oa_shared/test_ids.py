"""Batch job names, S3 prefixes and trace contexts."""

import pytest

from oa_shared.ids import (
    ArrayPlace,
    AttemptKey,
    BatchJobName,
    array_job_name,
    attempt_prefix,
    batch_job_name,
    child_batch_job,
    new_token,
    parse_array_place,
    parse_attempt_key,
    parse_batch_job_name,
)
from oa_shared.tracing import child_traceparent, new_traceparent, trace_id


@pytest.mark.parametrize("stack", ["prod", "pull-request-7", "a-1-2"])
def test_parse_batch_job_name_inverts_batch_job_name(stack: str) -> None:
    token = new_token()
    assert parse_batch_job_name(batch_job_name(stack, 12, 3, token)) == BatchJobName(stack, 12, 3, token[:8])


@pytest.mark.parametrize("name", ["", "oa-", "another-job", "oa-x-1-2-zzzzzzzz"])
def test_parse_batch_job_name_of_a_foreign_job_is_none(name: str) -> None:
    assert parse_batch_job_name(name) is None


def test_attempt_prefix_differs_for_each_attempt() -> None:
    assert attempt_prefix(1, 1) == "job/1/attempt-1/"
    assert len({attempt_prefix(job, attempt) for job in (1, 11) for attempt in (1, 11)}) == 4


@pytest.mark.parametrize("file", ["source.png", "preview/z0.png"])
def test_parse_attempt_key_inverts_attempt_prefix(file: str) -> None:
    assert parse_attempt_key(f"{attempt_prefix(12, 3)}{file}") == AttemptKey(12, 3, file)


@pytest.mark.parametrize(
    "key",
    [
        *("", "upload/7/a.csv", "job/1/attempt-1/", "job/x/attempt-1/a", "/job/1/attempt-1/a"),
        *(f"job/{2**63}/attempt-1/a", f"job/1/attempt-{2**31}/a"),
    ],
)
def test_parse_attempt_key_of_another_key_is_none(key: str) -> None:
    assert parse_attempt_key(key) is None


def test_child_traceparent_stays_in_the_trace() -> None:
    parent = new_traceparent()
    child = child_traceparent(parent)
    assert child != parent
    assert trace_id(child) == trace_id(parent)


@pytest.mark.parametrize("parent", [None, "", "00-xyz"])
def test_child_traceparent_without_parent_starts_a_trace(parent: str | None) -> None:
    assert trace_id(child_traceparent(parent)) is not None


@pytest.mark.parametrize("stack", ["prod", "pull-request-7", "array-1", "a-1-2"])
def test_parse_array_place_inverts_the_name_of_an_array_and_the_id_of_a_child(stack: str) -> None:
    name = array_job_name(stack, 12)
    assert parse_array_place(name, child_batch_job("0b7b1d9c-2f4a", 9_999)) == ArrayPlace(stack, 12, 9_999)
    assert parse_batch_job_name(name) is None
    named = array_job_name(stack, 12, "0123abcd" * 4)
    assert parse_array_place(named, child_batch_job("0b7b1d9c-2f4a", 0)) == ArrayPlace(stack, 12, 0, "0123abcd")
    assert parse_batch_job_name(named) is None


@pytest.mark.parametrize(
    ("job", "attempt"), [("9" * 5000, "1"), ("1", "9" * 5000), (str(2**63), "1"), ("1", str(2**31))]
)
def test_name_with_a_number_that_no_job_has_is_that_of_another_system(job: str, attempt: str) -> None:
    assert parse_batch_job_name(f"oa-test-{job}-{attempt}-00000000") is None


@pytest.mark.parametrize(
    ("name", "batch_job"),
    [
        ("oa-test-array-12", "0b7b1d9c"),
        ("oa-test-array-12", "0b7b1d9c:"),
        ("oa-test-array-12", "0b7b1d9c:x"),
        ("oa-test-array-12", "a:b:1"),
        ("oa-test-array-x", "0b7b1d9c:1"),
        (f"oa-test-array-{2**63}", "0b7b1d9c:1"),
        ("oa-test-7-1-00000000", "0b7b1d9c:1"),
        ("another", "0b7b1d9c:1"),
    ],
)
def test_parse_array_place_of_any_other_job_is_none(name: str, batch_job: str) -> None:
    assert parse_array_place(name, batch_job) is None
