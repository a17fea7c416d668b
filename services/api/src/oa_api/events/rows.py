"""The rows that the queries of events return."""

from dataclasses import dataclass
from datetime import datetime

from oa_api.events.cursor import Cursor
from oa_shared.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event of a job, with its transaction and its row in the feed."""

    xid: str
    row_id: int
    run: int
    job: int
    attempt: int
    kind: str
    created_at: datetime
    detail: JsonObject | None
    source_name: str
    layer: str
    name: str

    @property
    def id(self) -> Cursor:
        """Return the position of the event in the feed."""
        return Cursor(int(self.xid), self.row_id)

    @property
    def status(self) -> object:
        """Return the new status of the job; None if the event did not change it."""
        return (self.detail or {}).get("status")

    @property
    def error(self) -> object:
        """Return the failure code, if the event has one."""
        error = (self.detail or {}).get("error")
        return error.get("code") if isinstance(error, dict) else None


@dataclass(frozen=True, slots=True)
class Horizon:
    """The current snapshot: `xmin` is its oldest unfinished transaction, `xmax` the next to begin."""

    xmin: str
    xmax: str


@dataclass(frozen=True, slots=True)
class Resumability:
    """Whether all events after a cursor are kept, and whether they are few enough to send."""

    is_kept: bool
    is_near: bool
