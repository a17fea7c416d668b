"""The types of scheduled tasks. EventBridge, the API and `oa schedule` use the same names."""

from enum import StrEnum


class ScheduleType(StrEnum):
    """A scheduled task; each runs once per period, which is a day or a week."""

    SOURCES = "sources"
    COLLECTIONS = "collections"
    FABRIC = "fabric"
    CLEANUP = "cleanup"
    REPORT = "report"

    @property
    def is_daily(self) -> bool:
        """Return whether the period is a day; otherwise it is an ISO week."""
        return self is ScheduleType.CLEANUP
