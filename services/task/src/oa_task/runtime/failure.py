"""The exception that ends a job early, with a code of `oa_shared.failures`."""

import errno
from collections.abc import Sequence

from oa_shared.failure_details import FailureDetails, FaultyPlace, ServerAnswer, bound_places
from oa_shared.failures import FAILURES

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class TaskFailure(Exception):  # noqa: N818 - a failure is an outcome of a job, not a fault of the program
    """The job failed: `code` is for programs, the message for the user.

    `places` are the places of the definition to correct; `answer` is what the server answered, set where it may be
    quoted.
    """

    def __init__(
        self, code: str, message: str, *, places: Sequence[FaultyPlace] = (), answer: ServerAnswer | None = None
    ) -> None:
        super().__init__(message)
        self.code = FAILURES[code].code
        self.places = bound_places(places)
        self.answer = answer

    @property
    def message(self) -> str:
        """Return what failed, where, why, and what to do."""
        return str(self)

    @property
    def details(self) -> FailureDetails:
        """Return the details besides the message."""
        return FailureDetails(self.places, self.answer)
