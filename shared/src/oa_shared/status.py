"""The statuses of a job and their order."""

from enum import StrEnum

LAYERS = ("addresses", "parcels", "buildings", "centerlines")
# The layer of a product that is made of several.
ALL_LAYERS = "all"


class JobStatus(StrEnum):
    """Where a job stands; the values are what the API shows."""

    PENDING = "Pending"
    SUBMITTED = "Submitted"
    RUNNING = "Running"
    SUCCESS = "Success"
    WARN = "Warn"
    FAIL = "Fail"
    CANCELLED = "Cancelled"

    @property
    def rank(self) -> int:
        """Return the place in the life of an attempt; a job only ever moves to a higher rank."""
        return RANK[self]

    @property
    def ended(self) -> bool:
        """Return whether nothing more is expected of the attempt."""
        return RANK[self] == ENDED_RANK


ENDED_RANK = 9
RANK = {
    JobStatus.PENDING: 0,
    JobStatus.SUBMITTED: 1,
    JobStatus.RUNNING: 2,
    JobStatus.SUCCESS: ENDED_RANK,
    JobStatus.WARN: ENDED_RANK,
    JobStatus.FAIL: ENDED_RANK,
    JobStatus.CANCELLED: ENDED_RANK,
}
