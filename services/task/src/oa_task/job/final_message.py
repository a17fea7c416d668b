"""The last message of an attempt, within the size that S3 and the API take (docs/messages.md)."""

import structlog

from oa_shared.carriers import clean_text
from oa_shared.json_types import JsonObject
from oa_shared.messages import MAX_STORED_BYTES, MessageTooLargeError, StatusMessage, dump
from oa_shared.status import JobStatus
from oa_task.job.status_reporter import StatusReporter
from oa_task.runtime.failure import TaskFailure

log = structlog.get_logger()
_MAX_TEXT_BYTES = 2000


def final_message(reporter: StatusReporter, failure: TaskFailure | None, result: JsonObject | None) -> StatusMessage:
    """Return the message about the end of an attempt, which is never too large for S3.

    A success whose result is too large becomes a failure; of a failure, details that are too large are left out.
    """
    if failure is None:
        message = reporter.message(JobStatus.SUCCESS, result=result)
        excess = _excess_of(message)
        if excess is None:
            return message
        failure, result = TaskFailure("infra.undeliverable", f"the result is too large: {excess}"), None
    error = {"code": failure.code, "message": clean_text(failure.message, max_bytes=_MAX_TEXT_BYTES)}
    message = reporter.message(JobStatus.FAIL, error=error, result=result)
    excess = _excess_of(message)
    if excess is None:
        return message
    log.warning("failure_details_too_large", error=excess)
    return reporter.message(JobStatus.FAIL, error=error)


def _excess_of(message: StatusMessage) -> str | None:
    try:
        dump(message, max_bytes=MAX_STORED_BYTES)
    except MessageTooLargeError as error:
        return error.detail
    return None
