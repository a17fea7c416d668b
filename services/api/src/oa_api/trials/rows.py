"""The rows that the queries of trials return."""

from dataclasses import dataclass
from datetime import datetime

from oa_api.trials.remarks import Remark, RemarkJson
from oa_api.trials.review import TrialEntryJson


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A trial: the text as typed, what the review found, and the job of the entry that ran, if one could."""

    id: str
    account: str
    definition: str
    source_name: str
    url: str | None
    remarks: list[RemarkJson]
    entries: list[TrialEntryJson]
    job_id: int | None
    created_at: datetime
    ends_at: datetime | None

    @property
    def all_remarks(self) -> list[Remark]:
        """Return the remarks."""
        return [Remark.of(stored) for stored in self.remarks]


@dataclass(frozen=True, slots=True)
class TrialItem:
    """A trial in the list of an account."""

    id: str
    source_name: str
    url: str | None
    errors: int
    status: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TrialUse:
    """How many trials an account has started within an hour, and how many jobs of its trials, and of all, run."""

    within_hour: int
    running: int
    running_of_all: int
