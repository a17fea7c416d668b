"""Lanes and size tiers: the Batch queue of a job and the size of its container."""

import hashlib
from enum import StrEnum

# A Batch queue with a fair-share policy takes at most 500 share identifiers at a time, and refuses jobs of another one:
# https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateJobQueue.html
_SHARES = 400


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


def share_of(owner: str) -> str:
    """Return the share identifier of an owner, alphanumeric as Batch requires; owners may collide in one of the 400."""
    digest = hashlib.sha256(owner.encode("utf-8", "replace")).digest()
    return f"owner{int.from_bytes(digest[:8], 'big') % _SHARES:03}"


def tier_of(size: object) -> Tier:
    """Return the tier named by a source's `conform.size`; standard for any other value."""
    return Tier(size) if isinstance(size, str) and size in set(Tier) else Tier.STANDARD
