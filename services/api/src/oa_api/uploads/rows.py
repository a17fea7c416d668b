"""The rows that the queries of uploads return."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class UploadState(StrEnum):
    """The state of an upload."""

    WAITING = "Waiting"
    READY = "Ready"
    REFUSED = "Refused"
    DELETED = "Deleted"


@dataclass(frozen=True, slots=True)
class UploadRow:
    """An uploaded file, or one that is announced; `etag` is that of the object that was checked."""

    id: str
    account: str
    name: str
    key: str
    size_bytes: int
    sha256: str | None
    content_type: str
    etag: str | None
    state: str
    reason: str | None
    created_at: datetime
    checked_at: datetime | None
