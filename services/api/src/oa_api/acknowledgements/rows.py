"""The rows that the queries of acknowledgements return."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class AcknowledgementRow:
    """A failure code of a source that is muted until the end of a day; `ended_at` is set once it no longer is."""

    id: int
    source_name: str
    error_code: str
    note: str
    owner: str
    issue_url: str | None
    until: date
    actor: str
    created_at: datetime
    ended_at: datetime | None
    ended_by: str | None
