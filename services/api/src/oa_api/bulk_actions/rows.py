"""The rows that the queries of bulk actions return."""

from dataclasses import dataclass
from datetime import datetime

from oa_shared.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class BulkActionRow:
    """A bulk action and how many of its jobs are done, skipped and waiting."""

    id: int
    created_at: datetime
    action: str
    filter: JsonObject
    reason: str
    actor: str
    jobs: int
    ended_at: datetime | None
    done: int
    skipped: int
    waiting: int


@dataclass(frozen=True, slots=True)
class SkipReason:
    """Why a bulk action skipped some jobs, with up to five of them."""

    reason: str
    jobs: int
    examples: list[int]


@dataclass(frozen=True, slots=True)
class ClaimedBulkAction:
    """The bulk action that the worker continues, with the principal that started it."""

    id: int
    action: str
    reason: str
    kind: str
    account_id: int | None
    actor: str
    role: str


@dataclass(frozen=True, slots=True)
class StatusCount:
    """How many matching or handled jobs have a status."""

    status: str
    jobs: int
