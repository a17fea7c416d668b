"""The faults in the data of towns, and the expected outcomes of their jobs."""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What is wrong with the data of a town."""

    GONE = "404"
    WEB_PAGE = "a web page instead of CSV"
    COLUMN = "a column is missing"
    EMPTY = "no rows"
    METERS = "meters instead of degrees"
    BAD_ZIP = "a broken zip file"
    DROP = "half of the rows"
    BUSY = "503 at first"
    CUT_OFF = "cut off at first"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class ExpectedOutcome:
    """The outcome of a job: its status and, for a failure, its code."""

    status: str
    code: str = ""


# A web page may be a temporary failure, so its job runs three times within eleven minutes. A table without its
# column of streets cannot give an address.
OUTCOMES = {
    Fault.GONE: ExpectedOutcome("Fail", "source.not_found"),
    Fault.WEB_PAGE: ExpectedOutcome("Fail", "upstream.not_data"),
    Fault.COLUMN: ExpectedOutcome("Fail", "source.columns_missing"),
    Fault.EMPTY: ExpectedOutcome("Fail", "source.empty"),
    Fault.METERS: ExpectedOutcome("Fail", "source.crs"),
    Fault.BAD_ZIP: ExpectedOutcome("Fail", "source.archive"),
    Fault.DROP: ExpectedOutcome("Warn"),
    Fault.BUSY: ExpectedOutcome("Success"),
    Fault.CUT_OFF: ExpectedOutcome("Success"),
    Fault.SLOW: ExpectedOutcome("Success"),
}
# Temporary faults, so that a retry succeeds.
TEMPORARY = frozenset({Fault.BUSY, Fault.CUT_OFF})
