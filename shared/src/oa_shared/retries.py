"""Whether a failed attempt is retried, when, and on which size tier (docs/architecture.md)."""

from collections.abc import Sequence
from dataclasses import dataclass

from oa_shared.failures import FAILURES, failure_class
from oa_shared.scheduling import Tier


@dataclass(frozen=True, slots=True)
class Retry:
    """The next attempt: not before `delay_s` seconds from now, on `tier`."""

    delay_s: int
    tier: Tier


def plan_retry(code: str, earlier_codes: Sequence[str], tier: Tier) -> Retry | None:
    """Return the attempt that follows a failure, or None when the job ends with it.

    `earlier_codes` are the codes of the job's earlier attempts. Each failure class counts its own retries only.
    """
    failure = FAILURES[code]
    used = sum(failure_class(earlier) is failure.failure_class for earlier in earlier_codes)
    if used >= len(failure.retry.delays_s):
        return None
    next_tier = tier.next_up if failure.retry.larger else tier
    return None if next_tier is None else Retry(failure.retry.delays_s[used], next_tier)
