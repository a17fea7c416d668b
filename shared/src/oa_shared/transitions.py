"""The table of legal moves of a job: one pure function, walked by hypothesis and mirrored by guarded SQL."""

from dataclasses import dataclass
from enum import StrEnum

from oa_shared.status import JobStatus


class IgnoredBecause(StrEnum):
    """Why a report changes nothing; it is recorded and acknowledged all the same."""

    OTHER_ATTEMPT = "other_attempt"
    OTHER_TOKEN = "other_token"  # noqa: S105 - a reason, not a secret
    ALREADY_THERE = "already_there"
    ALREADY_ENDED = "already_ended"


@dataclass(frozen=True, slots=True)
class JobState:
    """What the database knows of a job."""

    status: JobStatus
    attempt: int
    token: str
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody claims about one attempt."""

    status: JobStatus
    attempt: int
    token: str


@dataclass(frozen=True, slots=True)
class Accept:
    """The job moves to the status that was reported."""

    status: JobStatus


@dataclass(frozen=True, slots=True)
class Ignore:
    """The job stays as it is."""

    reason: IgnoredBecause


def decide(state: JobState, report: Report) -> Accept | Ignore:
    """Return what a report does to a job.

    A Success of the same attempt is accepted even after `infra.lost`: evidence beats absence of evidence.
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


def is_late_evidence(state: JobState, report: Report) -> bool:
    """Return whether a Success arrives for an attempt that was only presumed lost."""
    lost = state.status is JobStatus.FAIL and state.error_code == "infra.lost"
    return lost and report.status is JobStatus.SUCCESS
