"""The statuses of a job, their order, and the layers of a source."""

from enum import StrEnum

LAYERS = ("addresses", "parcels", "buildings", "centerlines")
# The layer of a product that combines several layers.
ALL_LAYERS = "all"


class JobStatus(StrEnum):
    """The status of a job; the values are those of the API and the database."""

    PENDING = "Pending"
    SUBMITTED = "Submitted"
    RUNNING = "Running"
    SUCCESS = "Success"
    WARN = "Warn"
    FAIL = "Fail"
    CANCELED = "Canceled"

    @property
    def rank(self) -> int:
        """Return the position in the life of an attempt; a status only changes to one with a higher rank."""
        return RANK[self]

    @property
    def ended(self) -> bool:
        """Return whether the attempt has ended."""
        return RANK[self] == ENDED_RANK


ENDED_RANK = 9
RANK = {
    JobStatus.PENDING: 0,
    JobStatus.SUBMITTED: 1,
    JobStatus.RUNNING: 2,
    JobStatus.SUCCESS: ENDED_RANK,
    JobStatus.WARN: ENDED_RANK,
    JobStatus.FAIL: ENDED_RANK,
    JobStatus.CANCELED: ENDED_RANK,
}
