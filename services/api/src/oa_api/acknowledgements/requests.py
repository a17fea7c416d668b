"""What requests about acknowledgements say, after validation."""

from dataclasses import dataclass
from datetime import date

from oa_api.http.schemas import CursorSlice


@dataclass(frozen=True, kw_only=True, slots=True)
class NewAcknowledgement:
    """The failure to mute: a code of a source, until the end of a day in UTC; an empty owner is the caller."""

    source: str
    code: str
    note: str
    until: date
    owner: str = ""
    issue_url: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AcknowledgementFilter(CursorSlice):
    """Which acknowledgements to list; those that have ended only with `ended`."""

    source: str | None = None
    ended: bool = False
