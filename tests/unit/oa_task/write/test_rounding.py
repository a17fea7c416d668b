import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from oa_task.write.rounding import number_text, round_coordinates

TIES = st.integers(-18_000_000_000, 18_000_000_000).map(lambda tenths: tenths / 1e8)
NUMBERS = st.floats(allow_nan=False) | st.floats(-180, 180) | TIES | st.floats(-1e-3, 1e-3)


@given(hnp.arrays(np.float64, st.integers(1, 30), elements=NUMBERS))
def test_round_coordinates_any_number_equals_python(values: np.ndarray) -> None:
    expected = [round(value, 7) for value in values.tolist()]
    assert [repr(value) for value in round_coordinates(values).tolist()] == [repr(value) for value in expected]


@given(hnp.arrays(np.float64, st.integers(1, 30), elements=TIES), st.integers(-2, 2))
def test_round_coordinates_near_a_tie_equals_python(values: np.ndarray, steps: int) -> None:
    for _ in range(abs(steps)):
        values = np.nextafter(values, np.inf if steps > 0 else -np.inf)
    expected = [round(value, 7) for value in values.tolist()]
    assert [repr(value) for value in round_coordinates(values).tolist()] == [repr(value) for value in expected]


@given(hnp.arrays(np.float64, st.integers(1, 30), elements=NUMBERS))
def test_number_text_any_number_equals_repr(values: np.ndarray) -> None:
    assert number_text(values).to_list() == [repr(value) for value in values.tolist()]


@pytest.mark.parametrize(
    ("value", "text"),
    [(-122.0, "-122.0"), (-0.0, "-0.0"), (6.05e-05, "6.05e-05"), (1e16, "1e+16"), (0.0001, "0.0001"), (np.nan, None)],
)
def test_number_text_edge_case_equals_repr(value: float, text: str | None) -> None:
    assert number_text(np.array([value])).to_list() == [text]


def test_round_coordinates_tie_follows_the_binary_value() -> None:
    values = np.array([1.00000005, 2.00000015, 100.00000025, -73.98765435])
    assert round_coordinates(values).tolist() == [round(value, 7) for value in values.tolist()]
    assert round_coordinates(values).tolist() != np.round(values, 7).tolist()
