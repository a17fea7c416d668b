"""The rows of openaddresses/batch that an import reads, and the rows about an import."""

from dataclasses import dataclass
from datetime import datetime

from oa_shared.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class TheirUser:
    """A row of `users`, without the password."""

    id: int
    created_at: datetime | None
    username: str
    email: str
    access: str
    may_upload: bool


@dataclass(frozen=True, slots=True)
class TheirToken:
    """A row of `users_tokens`, with the access of its user; None without a user."""

    id: int
    name: str | None
    token: str
    created_at: datetime | None
    uid: int | None
    access: str | None


@dataclass(frozen=True, slots=True)
class TheirRun:
    """A row of `runs`."""

    id: int
    live: bool
    created_at: datetime | None
    github: object


@dataclass(frozen=True, slots=True)
class TheirJob:
    """A row of `job` with the messages of `job_errors`; `bounds` is a polygon as hexadecimal digits."""

    id: int
    run: int | None
    created_at: datetime | None
    source: str | None
    source_name: str | None
    layer: str | None
    name: str | None
    output: object
    loglink: str | None
    status: str | None
    stats: object
    count: int | None
    size: int | None
    bounds: str | None
    version: str | None
    license: str | None
    messages: list[str]


@dataclass(frozen=True, slots=True)
class TheirDataset:
    """A row of `results`; `place` is its place among the rows of one dataset, 1 for the newest."""

    id: int
    source: str | None
    layer: str | None
    name: str | None
    job: int | None
    updated_at: datetime | None
    place: int


@dataclass(frozen=True, slots=True)
class TheirPublication:
    """A successful job of a live run and its dataset; `id` is that of the job."""

    id: int
    data: int
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class TheirCollection:
    """A row of `collections`."""

    id: int
    name: str
    human: str | None
    sources: object
    created_at: datetime | None
    size: int | None


@dataclass(frozen=True, slots=True)
class ImportRow:
    """An import; `counts_before` and `counts_after` are the numbers of rows of this system by step."""

    id: int
    system: str
    bucket: str
    folder: str
    started_at: datetime
    ended_at: datetime | None
    counts_before: JsonObject
    counts_after: JsonObject | None


@dataclass(frozen=True, slots=True)
class StepRow:
    """How far a step of an import is; the counts are rows."""

    name: str
    last_id: int
    read_rows: int
    inserted: int
    updated: int
    unchanged: int
    left_out: int
    is_done: bool


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A row that was left out or written with another value, and why."""

    step: str
    row_id: int
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class DigestRow:
    """A row that an import has written, with the digest of what it wrote."""

    id: int
    digest: str


@dataclass(frozen=True, slots=True)
class OwnCounts:
    """The number of rows of this system by step."""

    account: int
    token: int
    run: int
    job: int
    data: int
    publication: int
    collection: int


@dataclass(frozen=True, slots=True)
class OverdueIdentity:
    """A table with IDs above the sequence that gives new ones."""

    name: str
    highest: int
    next: int


@dataclass(frozen=True, slots=True)
class RaisedIdentity:
    """A table whose sequence was below its IDs, and the ID after which it continues."""

    name: str
    highest: int
    next: int
    raised_to: int
