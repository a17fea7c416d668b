"""Which queue a job waits in, and how large a machine it gets."""

from enum import StrEnum


class Lane(StrEnum):
    """Why a job runs, and so how soon: each lane is a Batch job queue of its own priority."""

    PULL_REQUEST = "pull_request"
    MANUAL = "manual"
    WEEKLY = "weekly"


class Tier(StrEnum):
    """How much memory a container gets; each tier is a Batch job definition."""

    SMALL = "small"
    STANDARD = "standard"
    LARGE = "large"
    HUGE = "huge"

    @property
    def next_up(self) -> "Tier | None":
        """Return the next larger tier, or None above the largest."""
        tiers = list(Tier)
        place = tiers.index(self) + 1
        return tiers[place] if place < len(tiers) else None


def tier_of(size: object) -> Tier:
    """Return the tier that a source's `conform.size` asks for; anything unknown is standard."""
    return Tier(size) if isinstance(size, str) and size in set(Tier) else Tier.STANDARD
