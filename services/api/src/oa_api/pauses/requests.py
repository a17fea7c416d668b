"""What requests about pauses say, after validation."""

from dataclasses import dataclass
from datetime import datetime

from oa_api.http.schemas import CursorSlice

SCOPES = ("all", "lane", "source", "host")


@dataclass(frozen=True, kw_only=True, slots=True)
class NewPause:
    """What to pause: `value` names the lane, the source (or a prefix that ends in a slash) or the host."""

    scope: str
    value: str
    reason: str
    until: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PauseFilter(CursorSlice):
    """Which pauses to list; those that have ended only with `ended`."""

    ended: bool = False
