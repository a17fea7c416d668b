"""The runner of the Batch emulation."""

import pytest

from oa_local.batch.runner import exit_code


@pytest.mark.parametrize(("return_code", "expected"), [(0, 0), (3, 3), (-9, 137), (-15, 143)])
def test_exit_code_of_a_signal_is_128_plus_its_number(return_code: int, expected: int) -> None:
    assert exit_code(return_code) == expected
