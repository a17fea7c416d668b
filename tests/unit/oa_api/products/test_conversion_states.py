"""What a conversion says to a visitor in each state of its job: whether to wait, for how long, and why not."""

from datetime import UTC, datetime, timedelta

import pytest

from oa_api.products.conversions import Conversion, ConversionState, describe_conversion, format_of_file
from oa_api.products.input_rows import ConversionRow
from oa_shared.json_types import JsonObject
from oa_shared.products import ProductFormat
from oa_shared.status import JobStatus

_RESULT: JsonObject = {
    "outputs": {"export.csv.gz": {"key": "job/7/attempt-1/export.csv.gz", "bytes": 9, "sha256": "ab"}}
}


def _row(
    status: JobStatus,
    *,
    started_s: float = 20,
    ended_s: float | None = None,
    result: JsonObject | None = None,
    error_message: str | None = None,
    is_deleted: bool = False,
) -> ConversionRow:
    now = datetime.now(UTC)
    return ConversionRow(
        publication=3,
        format="csv",
        job=7,
        status=status,
        started_at=now - timedelta(seconds=started_s),
        ended_at=now - timedelta(seconds=ended_s) if ended_s is not None else None,
        ready_at=None,
        attempt=1 if result else None,
        result=result,
        error_code="infra.storage" if error_message else None,
        error_message=error_message,
        is_deleted=is_deleted,
    )


def _describe(row: ConversionRow | None, *, refusal: str | None = None, usual_s: float | None = None) -> Conversion:
    return describe_conversion(ProductFormat.CSV, row, refusal=refusal, usual_s=usual_s)


def test_conversion_that_was_never_requested_can_be_started() -> None:
    conversion = _describe(None)
    assert conversion.state is ConversionState.AVAILABLE
    assert conversion.is_startable


def test_conversion_that_the_limits_forbid_has_a_reason() -> None:
    conversion = _describe(None, refusal="6,000,000 features exceed the limit")
    assert conversion.state is ConversionState.REFUSED
    assert not conversion.is_startable
    assert conversion.reason == "6,000,000 features exceed the limit"


@pytest.mark.parametrize("status", [JobStatus.PENDING, JobStatus.SUBMITTED, JobStatus.RUNNING])
def test_running_job_asks_for_patience_by_the_usual_time(status: JobStatus) -> None:
    conversion = _describe(_row(status, started_s=20), usual_s=80)
    assert conversion.state is ConversionState.PREPARING
    assert not conversion.is_startable
    assert conversion.wait_s is not None
    assert 55 <= conversion.wait_s <= 61


def test_job_that_takes_longer_than_usual_is_asked_for_every_few_seconds() -> None:
    assert _describe(_row(JobStatus.RUNNING, started_s=500), usual_s=80).wait_s == 5


def test_finished_job_gives_its_file() -> None:
    conversion = _describe(_row(JobStatus.SUCCESS, ended_s=1, result=_RESULT))
    assert conversion.state is ConversionState.READY
    assert conversion.url == "/api/job/7/output/export.csv.gz?attempt=1"
    assert conversion.size_bytes == 9
    assert not conversion.is_startable


def test_deleted_file_is_not_offered_and_not_made_again() -> None:
    conversion = _describe(_row(JobStatus.SUCCESS, ended_s=1, result=_RESULT, is_deleted=True))
    assert conversion.state is ConversionState.REFUSED
    assert not conversion.is_startable


@pytest.mark.parametrize("status", [JobStatus.FAIL, JobStatus.CANCELED, JobStatus.SUCCESS])
def test_ended_job_without_the_file_is_a_failure_with_a_pause(status: JobStatus) -> None:
    """A job that ended well may lack the file: it must not read as prepared without end."""
    recent = _describe(_row(status, ended_s=60, error_message="the bucket is full"))
    assert recent.state is ConversionState.FAILED
    assert recent.reason == "job 7 did not write the file: the bucket is full"
    assert recent.wait_s is not None
    assert 500 < recent.wait_s <= 540
    assert not recent.is_startable
    assert _describe(_row(status, ended_s=601)).is_startable


def test_formats_are_known_by_their_files_below_latest() -> None:
    assert format_of_file("source.csv.gz") is ProductFormat.CSV
    assert format_of_file("source.gpkg") is ProductFormat.GPKG
    assert format_of_file("source.parquet") is None
