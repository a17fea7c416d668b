"""Whether a failed attempt is followed by another, when, and on what machine (DESIGN section 4)."""

from collections.abc import Sequence
from dataclasses import dataclass

from oa_shared.failures import FailureClass, failure_class
from oa_shared.scheduling import Tier

NEVER_RETRIED = frozenset({"infra.refused", "infra.deadline"})


@dataclass(frozen=True, slots=True)
class RetryRule:
    """How often a class of failures is tried again and how long after the failure, in seconds."""

    retries: int
    delays_s: tuple[int, ...]
    larger: bool = False


RULES = {
    FailureClass.SOURCE: RetryRule(0, ()),
    FailureClass.UPSTREAM: RetryRule(2, (60, 600)),
    FailureClass.RESOURCE: RetryRule(1, (0,), larger=True),
    FailureClass.INFRA: RetryRule(5, (5, 30, 120, 300, 900)),
    FailureClass.BUG: RetryRule(1, (10,)),
    FailureClass.OPERATOR: RetryRule(0, ()),
}


@dataclass(frozen=True, slots=True)
class Retry:
    """The next attempt: not before `delay_s` seconds from now, on `tier`."""

    delay_s: int
    tier: Tier


def plan_retry(code: str, earlier_codes: Sequence[str], tier: Tier) -> Retry | None:
    """Return the attempt that follows a failure, or None when the job ends with it.

    `earlier_codes` are the codes of the job's attempts before this one: each class counts only its own.
    """
    kind = failure_class(code)
    rule = RULES[kind]
    used = sum(failure_class(earlier) is kind for earlier in earlier_codes)
    if code in NEVER_RETRIED or used >= rule.retries:
        return None
    if not rule.larger:
        return Retry(rule.delays_s[used], tier)
    larger = tier.next_up
    return None if larger is None else Retry(rule.delays_s[used], larger)
