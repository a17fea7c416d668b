"""The last message of an attempt fits on S3, whatever the attempt has found."""

from oa_shared.failure_details import DETAILS, MAX_PLACES, FailureDetails, FaultyPlace, ServerAnswer
from oa_shared.ids import new_token
from oa_shared.messages import MAX_STORED_BYTES, StatusMessage, dump
from oa_shared.status import JobStatus
from oa_task.job.final_message import final_message
from oa_task.job.settings import JobSettings
from oa_task.job.status_reporter import StatusReporter
from oa_task.runtime.failure import TaskFailure

SETTINGS = JobSettings(
    job=1, attempt=1, token=new_token(), layer="addresses", name="x", api_url="", bucket="", results_queue_url=""
)
FAILURE = TaskFailure("source.columns_missing", "no column A")


def _end(failure: TaskFailure | None, result: dict[str, object] | None) -> StatusMessage:
    message = final_message(StatusReporter(SETTINGS, None), failure, result)  # type: ignore[arg-type] # sends nothing
    assert len(dump(message, max_bytes=MAX_STORED_BYTES)) <= MAX_STORED_BYTES
    return message


def test_result_that_fits_is_reported() -> None:
    message = _end(None, {"count": 3})
    assert message.status is JobStatus.SUCCESS
    assert message.result == {"count": 3}


def test_success_with_a_result_too_large_is_a_failure() -> None:
    message = _end(None, {"note": "x" * MAX_STORED_BYTES})
    assert message.status is JobStatus.FAIL
    assert message.error is not None
    assert message.error["code"] == "infra.undeliverable"
    assert message.result is None


def test_details_of_a_failure_are_reported() -> None:
    details = FailureDetails([FaultyPlace("/conform/number")]).as_json()
    message = _end(FAILURE, {DETAILS: details})
    assert message.result == {DETAILS: details}


def test_details_too_large_are_left_out_and_the_failure_stays() -> None:
    """The longest pointers and answer that a reader of untrusted data may state have 7 MB together."""
    places = [FaultyPlace(("/" + "\U0001f600" * 500) * 64)] * MAX_PLACES
    details = FailureDetails(places, ServerAnswer("https://example.org", 200, {}, "\U0001f600" * 1000)).as_json()
    message = _end(FAILURE, {DETAILS: details})
    assert message.error == {"code": FAILURE.code, "message": FAILURE.message}
    assert message.result is None
