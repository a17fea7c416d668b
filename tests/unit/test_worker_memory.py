"""Memory that tests freed goes back to the system before a worker looks large."""

import ctypes

import pytest

from support.worker_memory import FreedMemory, resident_mb

_PIECES, _PIECE_BYTES, _KEPT = 200_000, 1_000, 100


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="malloc_trim is of glibc")
def test_return_if_grown_gives_back_the_memory_between_the_pieces_in_use() -> None:
    memory = FreedMemory(step_mb=100)
    pieces = [bytearray(_PIECE_BYTES) for _ in range(_PIECES)]
    filled_mb = resident_mb()
    del pieces[::_KEPT]
    kept = pieces[:: _KEPT - 1]
    del pieces
    assert memory.return_if_grown() < filled_mb - 100
    assert len(kept) == _PIECES // _KEPT


def test_return_if_grown_below_the_step_leaves_everything() -> None:
    memory = FreedMemory(step_mb=100_000)
    assert memory.return_if_grown() == pytest.approx(resident_mb(), abs=50)
