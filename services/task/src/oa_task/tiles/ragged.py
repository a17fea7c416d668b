"""Runs of values one after the other in a flat array, by their counts: the rings of entries, the vertices of rings."""

import numpy as np


def firsts_of(counts: np.ndarray) -> np.ndarray:
    """Return the index of the first value of each run, as int64."""
    return np.asarray(np.cumsum(counts, dtype=np.int64) - counts)


def places_within(counts: np.ndarray) -> np.ndarray:
    """Return `0, 1, …` (`counts[i]` numbers) for each i, one after the other."""
    return ragged_indexes(np.zeros(len(counts), dtype=np.int64), counts)


def ragged_indexes(starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return `starts[i], starts[i] + 1, …` (`counts[i]` numbers) for each i, one after the other."""
    steps = np.repeat(starts - firsts_of(counts), counts)
    indexes: np.ndarray = np.arange(len(steps), dtype=np.int64) + steps
    return indexes
