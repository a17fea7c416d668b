"""How old the data of an entry says it is."""

import re
from typing import Any

_OLD_YEARS = 5
_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")


def year_warnings(year: Any, this_year: int) -> list[str]:
    """Return a warning if the last year that an entry's `year` names lies more than five years back."""
    years = [int(found) for found in _YEAR.findall(str(year))]
    if not years or this_year - max(years) <= _OLD_YEARS:
        return []
    return [f"the data is of {max(years)}, {this_year - max(years)} years ago: see whether there is newer data"]
