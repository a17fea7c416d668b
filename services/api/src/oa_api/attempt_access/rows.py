"""The rows that the queries of this room return."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LatestAttemptRow:
    """The latest attempt of a job, with what decides whether it is over."""

    run: int
    attempt: int
    token: str = field(repr=False)
    status: str
    error_code: str | None
