"""The one exception by which work ends early, with a code of the closed vocabulary."""

import errno

from oa_shared.failures import FAILURES

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class TaskFailure(Exception):  # noqa: N818 - a failure is an outcome of a job, not a fault of the program
    """A job cannot be done; `code` says why for machines, the text for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = FAILURES[code].code

    @property
    def message(self) -> str:
        """Return what happened, where, and what to do."""
        return str(self)
