"""Runs of values in flat arrays."""

import numpy as np

from oa_task.tiles.ragged import firsts_of, places_within, ragged_indexes

COUNTS = np.array([2, 0, 3], dtype=np.int32)


def test_ragged_indexes_are_runs_from_each_start() -> None:
    assert ragged_indexes(np.array([5, 0, 9]), np.array([2, 0, 3])).tolist() == [5, 6, 9, 10, 11]


def test_firsts_and_places_of_runs() -> None:
    assert firsts_of(COUNTS).tolist() == [0, 2, 2]
    assert places_within(COUNTS).tolist() == [0, 1, 0, 1, 2]
    assert firsts_of(COUNTS).dtype == np.int64


def test_no_runs_have_no_firsts_and_no_places() -> None:
    assert firsts_of(COUNTS[:0]).tolist() == places_within(COUNTS[:0]).tolist() == []
