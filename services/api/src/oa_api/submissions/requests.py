"""The parsed requests of the dispatcher and of containers of array jobs."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedJobs:
    """The jobs whose latest attempts the dispatcher reads."""

    jobs: list[int]


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptIdentity:
    """An attempt, with its token."""

    job: int
    attempt: int
    token: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SubmittedAttempt(AttemptIdentity):
    """An attempt that Batch has accepted."""

    batch_job: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SubmittedAttempts:
    """Attempts that Batch has accepted."""

    attempts: list[SubmittedAttempt]


@dataclass(frozen=True, kw_only=True, slots=True)
class NewArray:
    """Attempts to submit together; the dispatcher needs `turn_s` seconds for it."""

    attempts: list[AttemptIdentity]
    turn_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ArrayTurn:
    """A dispatcher requests to be the only one to submit an array, for `turn_s` seconds."""

    turn_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class SubmittedArray:
    """The ID of the array job that Batch has accepted."""

    batch_job: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ArrayChild:
    """A container asks what it is: with its place in the array, the token of the array, and its own Batch ID.

    `proof` shows that it is another container than those that ask for other places.
    """

    place: int
    token: str = field(repr=False)
    batch_job: str
    proof: dict[str, str] | None = field(repr=False, default=None)
