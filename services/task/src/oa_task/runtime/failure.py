"""The exception that ends a job early, with a code of `oa_shared.failures`."""

import errno

from oa_shared.failures import FAILURES

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class TaskFailure(Exception):  # noqa: N818 - a failure is an outcome of a job, not a fault of the program
    """The job failed: `code` is for programs, the message for the user."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = FAILURES[code].code

    @property
    def message(self) -> str:
        """Return what failed, where, why, and what to do."""
        return str(self)
