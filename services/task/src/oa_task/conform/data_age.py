"""The age of the data by the `year` of its entry."""

import re

_OLD_YEARS = 5
_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")


def year_warnings(year: object, this_year: int) -> list[str]:
    """Return a warning if the latest year in `year` is more than five years ago."""
    years = [int(digits) for digits in _YEAR.findall(str(year))]
    if not years or this_year - max(years) <= _OLD_YEARS:
        return []
    return [f"the data is from {max(years)}, {this_year - max(years)} years ago: check for newer data"]
