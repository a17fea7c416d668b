"""Dollars as pages show them."""

import pytest

from oa_api.ui.formatting import dollars


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "$0.00"),
        (0.00001, "less than $0.0001"),
        (0.00123, "$0.0012"),
        (0.45678, "$0.46"),
        (12.345, "$12.35"),
        (12_345, "$12,345.00"),
        (None, ""),
    ],
)
def test_dollars_have_as_many_digits_as_say_something(value: float | None, shown: str) -> None:
    assert dollars(value) == shown
