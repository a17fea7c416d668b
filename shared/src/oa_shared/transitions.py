"""Which status reports a job accepts: one pure function, tested by hypothesis and mirrored by guarded SQL."""

from dataclasses import dataclass
from enum import StrEnum

from oa_shared.status import JobStatus


class IgnoredBecause(StrEnum):
    """Why a report is ignored; it is recorded and acknowledged nevertheless."""

    OTHER_ATTEMPT = "other_attempt"
    OTHER_TOKEN = "other_token"  # noqa: S105 - a reason, not a secret
    ALREADY_THERE = "already_there"
    ALREADY_ENDED = "already_ended"


@dataclass(frozen=True, slots=True)
class JobState:
    """The state of a job in the database."""

    status: JobStatus
    attempt: int
    token: str
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class StatusReport:
    """A reported status of an attempt."""

    status: JobStatus
    attempt: int
    token: str


@dataclass(frozen=True, slots=True)
class Accept:
    """The job changes to the reported status."""

    status: JobStatus


@dataclass(frozen=True, slots=True)
class Ignore:
    """The job does not change."""

    reason: IgnoredBecause


def decide(state: JobState, report: StatusReport) -> Accept | Ignore:
    """Return whether a job accepts a report.

    A Success of the same attempt is accepted even after `infra.lost`, which only presumes a failure.
    """
    if report.attempt != state.attempt:
        return Ignore(IgnoredBecause.OTHER_ATTEMPT)
    if report.token != state.token:
        return Ignore(IgnoredBecause.OTHER_TOKEN)
    if is_late_evidence(state, report) or report.status.rank > state.status.rank:
        return Accept(report.status)
    if state.status.ended and report.status is not state.status:
        return Ignore(IgnoredBecause.ALREADY_ENDED)
    return Ignore(IgnoredBecause.ALREADY_THERE)


def is_late_evidence(state: JobState, report: StatusReport) -> bool:
    """Return whether a Success arrives for an attempt that was presumed lost."""
    lost = state.status is JobStatus.FAIL and state.error_code == "infra.lost"
    return lost and report.status is JobStatus.SUCCESS
