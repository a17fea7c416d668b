"""Further attempts at what may fail temporarily."""

import email.utils
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

import aiohttp

from oa_shared.retrying import retrying
from oa_task.download.limits import DownloadLimits
from oa_task.runtime.failure import TaskFailure

_Result = TypeVar("_Result")


class TransientError(Exception):
    """A failure that may be temporary; `failure` is the failure of the job if it is not."""

    def __init__(self, code: str, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.failure = TaskFailure(code, message)
        self.retry_after_s = retry_after_s


async def with_attempts(
    call: Callable[[], Awaitable[_Result]], limits: DownloadLimits, *, is_throttled: bool = False
) -> _Result:
    """Return the result of `call`, with further attempts after each TransientError, up to the limit of attempts.

    The pauses are those of the limits, or those that the server requests; a throttled call brings its own.
    Raises TaskFailure after the last attempt.
    """

    def pause_s(error: TransientError, attempt: int) -> float:
        return 0.0 if is_throttled else limits.pause_s(attempt, error.retry_after_s)

    try:
        return await retrying(call, [0.0] * (limits.tries - 1), on=TransientError, before_retry=pause_s)
    except TransientError as error:
        raise error.failure from error


def retry_after_s(response: aiohttp.ClientResponse) -> float | None:
    """Return the delay that a server requests, as seconds or as a date, in seconds; None without a valid request."""
    text = response.headers.get("Retry-After", "").strip()
    try:
        if text.isdecimal():
            return float(text)
        moment = email.utils.parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
