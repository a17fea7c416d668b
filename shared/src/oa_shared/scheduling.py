"""Lanes and size tiers: the Batch queue of a job and the size of its container."""

from enum import StrEnum


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


class Lane(StrEnum):
    """The priority of a job; each lane is a Batch job queue."""

    PULL_REQUEST = "pull_request"
    MANUAL = "manual"
    WEEKLY = "weekly"

    @property
    def largest_tier(self) -> Tier:
        """Return the largest container that jobs of the lane may have: anyone can open a pull request."""
        return Tier.STANDARD if self is Lane.PULL_REQUEST else Tier.HUGE

    def allows(self, tier: Tier) -> bool:
        """Return whether a job of the lane may have a container of this tier."""
        tiers = list(Tier)
        return tiers.index(tier) <= tiers.index(self.largest_tier)

    def limit(self, tier: Tier) -> Tier:
        """Return the tier, or the largest of the lane instead of a larger one."""
        return tier if self.allows(tier) else self.largest_tier


def tier_of(size: object) -> Tier:
    """Return the tier named by a source's `conform.size`; standard for any other value."""
    return Tier(size) if isinstance(size, str) and size in set(Tier) else Tier.STANDARD
