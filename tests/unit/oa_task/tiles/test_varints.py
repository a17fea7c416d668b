import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from oa_task.tiles.varints import encode_varints, varint, varint_sizes, zigzag

NUMBERS = st.lists(st.integers(0, (1 << 32) - 1))


@given(NUMBERS)
def test_encode_varints_equals_one_by_one(numbers: list[int]) -> None:
    encoded, ends = encode_varints(np.array(numbers, dtype=np.uint32))
    single = [varint(number) for number in numbers]
    assert encoded.tobytes() == b"".join(single)
    assert ends.tolist() == np.cumsum([len(part) for part in single], dtype=int).tolist()
    assert varint_sizes(np.array(numbers, dtype=np.uint32)).tolist() == [len(part) for part in single]


def test_varint_has_the_bytes_of_the_specification() -> None:
    assert varint(150) == b"\x96\x01"
    assert varint(1 << 40) == b"\x80\x80\x80\x80\x80\x20"


def test_zigzag_alternates_between_the_signs() -> None:
    numbers = np.array([0, -1, 1, -2, 2, -(1 << 31), (1 << 31) - 1], dtype=np.int64)
    assert zigzag(numbers).tolist() == [0, 1, 2, 3, 4, (1 << 32) - 1, (1 << 32) - 2]
