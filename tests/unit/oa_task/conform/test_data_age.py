"""How old data says it is."""

from typing import Any

import pytest

from oa_task.conform.data_age import year_warnings


@pytest.mark.parametrize("year", [None, "", 2021, "2026", "2010-2022", "unknown", 20142])
def test_year_warnings_recent_or_unknown_year_gives_none(year: Any) -> None:
    assert year_warnings(year, 2026) == []


@pytest.mark.parametrize("year", [2014, "2014", "2012/2014"])
def test_year_warnings_old_year_is_told(year: Any) -> None:
    assert year_warnings(year, 2026) == ["the data is of 2014, 12 years ago: see whether there is newer data"]
