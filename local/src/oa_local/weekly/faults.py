"""The ways in which a town's data is broken, and how its job is expected to end."""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What the server does for a broken town."""

    GONE = "404"
    WEB_PAGE = "a web page instead of CSV"
    COLUMN = "a column is missing"
    EMPTY = "no rows"
    METRES = "metres where degrees are promised"
    BAD_ZIP = "a broken zip file"
    DROP = "half of the rows"
    BUSY = "503 for a while"
    CUT_OFF = "cut off for a while"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ends: a status and, for a failure, its code."""

    status: str
    code: str = ""


# A web page may be a passing trouble, so its job is tried three times, over eleven minutes. Without streets there are
# addresses still, but not one of them is valid: the quality gate holds them back.
ENDINGS = {
    Fault.GONE: Ending("Fail", "source.not_found"),
    Fault.WEB_PAGE: Ending("Fail", "upstream.http_5xx"),
    Fault.COLUMN: Ending("Warn"),
    Fault.EMPTY: Ending("Fail", "source.empty"),
    Fault.METRES: Ending("Fail", "source.crs"),
    Fault.BAD_ZIP: Ending("Fail", "source.archive"),
    Fault.DROP: Ending("Warn"),
    Fault.BUSY: Ending("Success"),
    Fault.CUT_OFF: Ending("Success"),
    Fault.SLOW: Ending("Success"),
}
# These heal by themselves: a second attempt finds them well.
PASSING = frozenset({Fault.BUSY, Fault.CUT_OFF})
