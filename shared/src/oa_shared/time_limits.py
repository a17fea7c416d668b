"""How long an await of a dependency (database, S3, SQS) may take: a limit for each caller, applied by the adapters.

A worker can wait for a minute; a request must be answered in seconds, and a health check sooner still. The limit
belongs to the caller, so it travels in a context variable, and every adapter applies it to every wait.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

WORKER_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class _Limit:
    """The seconds of one wait, and the monotonic time at which all waits end; None for no such time."""

    wait_s: float
    deadline: float | None


_LIMIT: ContextVar[_Limit | None] = ContextVar("oa_time_limit", default=None)


def remaining_wait_s(default_s: float = WORKER_WAIT_S) -> float:
    """Return for how many seconds the next wait may last, at least 0; `default_s` is for callers without a limit."""
    limit = _LIMIT.get()
    if limit is None:
        return default_s
    if limit.deadline is None:
        return limit.wait_s
    return max(0.0, min(limit.wait_s, limit.deadline - time.monotonic()))


def remaining_timeout_s() -> float | None:
    """Return the same for a caller that may also have no limit: None then."""
    return None if _LIMIT.get() is None else remaining_wait_s()


@contextmanager
def limit_waits(wait_s: float, *, total_s: float | None = None) -> Iterator[None]:
    """Limit each wait of the block to `wait_s` seconds and, if given, all of them together to `total_s`."""
    deadline = None if total_s is None else time.monotonic() + total_s
    token = _LIMIT.set(_Limit(wait_s, deadline))
    try:
        yield
    finally:
        _LIMIT.reset(token)
