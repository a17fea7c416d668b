"""Messages about data of an internal service: they name the failure, and never quote the service."""

from collections.abc import Iterator
from contextlib import contextmanager

from oa_shared.failures import FAILURES
from oa_shared.public_http import Guard
from oa_task.runtime.failure import TaskFailure


@contextmanager
def withhold_details(guard: Guard) -> Iterator[None]:
    """Replace the message of a TaskFailure, which may quote the data, if the data comes from an opened service."""
    try:
        yield
    except TaskFailure as failure:
        if not guard.has_reached_service:
            raise
        text = (
            f"{FAILURES[failure.code].title} The details are withheld: the data comes from a service on a private "
            "network that `OA_ALLOW_HOSTS` opens"
        )
        raise TaskFailure(failure.code, text) from None
