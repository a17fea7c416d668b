import pytest

from oa_local.batch.runner import exit_code


@pytest.mark.parametrize(("returned", "told"), [(0, 0), (3, 3), (-9, 137), (-15, 143)])
def test_exit_code_of_a_signal_is_128_and_its_number(returned: int, told: int) -> None:
    assert exit_code(returned) == told
