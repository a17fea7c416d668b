"""Lanes and size tiers: the Batch queue of a job and the size of its container."""

from enum import StrEnum


class Lane(StrEnum):
    """The priority of a job; each lane is a Batch job queue."""

    PULL_REQUEST = "pull_request"
    MANUAL = "manual"
    WEEKLY = "weekly"


class Tier(StrEnum):
    """The memory of a container; each tier is a Batch job definition."""

    SMALL = "small"
    STANDARD = "standard"
    LARGE = "large"
    HUGE = "huge"

    @property
    def next_up(self) -> "Tier | None":
        """Return the next larger tier, or None above the largest."""
        tiers = list(Tier)
        index = tiers.index(self) + 1
        return tiers[index] if index < len(tiers) else None


def tier_of(size: object) -> Tier:
    """Return the tier named by a source's `conform.size`; standard for any other value."""
    return Tier(size) if isinstance(size, str) and size in set(Tier) else Tier.STANDARD
