"""The age of the data by its `year`."""

from typing import Any

import pytest

from oa_task.conform.data_age import year_warnings


@pytest.mark.parametrize("year", [None, "", 2021, "2026", "2010-2022", "unknown", 20142])
def test_year_warnings_recent_or_unknown_year_returns_none(year: Any) -> None:
    assert year_warnings(year, 2026) == []


@pytest.mark.parametrize("year", [2014, "2014", "2012/2014"])
def test_year_warnings_old_year_returns_a_warning(year: Any) -> None:
    (warning,) = year_warnings(year, 2026)
    assert "2014" in warning
    assert "12 years" in warning
