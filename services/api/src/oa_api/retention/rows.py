"""The rows that the queries of retention return."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeletableAttempt:
    """An attempt whose files a rule deletes; `known_bytes` is their size as far as the result states it."""

    job_id: int
    attempt: int
    known_bytes: int


@dataclass(frozen=True, slots=True)
class MarkedFiles:
    """Files of an attempt that are marked for deletion: `part` is `files`, or `log` for all that is left."""

    job_id: int
    attempt: int
    part: str
    rule: str


@dataclass(frozen=True, slots=True)
class EventChunk:
    """Consecutive events: the ID of the last, the IDs of those to delete, and whether any is old enough."""

    last: int | None
    deletable: list[int]
    has_old: bool | None


@dataclass(frozen=True, slots=True)
class KnownAttempt:
    """An attempt that exists, and the parts of its files that are deleted."""

    job_id: int
    attempt: int
    deleted_parts: list[str]


@dataclass(frozen=True, slots=True)
class ExpiredUpload:
    """An upload that was never completed, or was refused."""

    id: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class DeletedUpload:
    """An upload that is marked as deleted and whose object may still be stored."""

    id: str
    key: str
