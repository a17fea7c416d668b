"""Multisets of millions of values, as sorted arrays with 16 bytes for each value."""

import numpy as np


class Multiset:
    """64-bit values; `take` removes them one by one."""

    def __init__(self, values: np.ndarray) -> None:
        self.values, counts = np.unique(values, return_counts=True)
        self.counts = counts.astype(np.uint32)
        self.taken = np.zeros(len(self.values), dtype=np.uint32)

    def take(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Remove values, in order.

        Returns for each a mask (whether it was still in the set), its position among the sorted values, and the number
        of equal values removed before it. The last two are valid only for values that were in the set at the start.
        """
        positions = np.searchsorted(self.values, values)
        positions[positions == len(self.values)] = 0
        known = self.values[positions] == values if len(self.values) else np.zeros(len(values), dtype=bool)
        before = occurrence_numbers(values)
        if len(self.values):
            before = before + self.taken[positions]
            np.add.at(self.taken, positions[known], 1)
            return known & (before < self.counts[positions]), positions, before
        return known, positions, before

    def removed_values(self) -> "Multiset":
        """Return a fresh set of the values that were removed."""
        copy = Multiset(self.values)
        copy.counts = np.minimum(self.taken, self.counts)
        return copy

    def remaining_values(self) -> np.ndarray:
        """Return, each once, the values that are not all removed."""
        values: np.ndarray = self.values[self.taken < self.counts]
        return values

    def count_of(self, values: np.ndarray) -> np.ndarray:
        """Return the number of each value at the start."""
        if not len(self.values):
            return np.zeros(len(values), dtype=np.uint32)
        positions = np.minimum(np.searchsorted(self.values, values), len(self.values) - 1)
        return np.where(self.values[positions] == values, self.counts[positions], 0)


def occurrence_numbers(values: np.ndarray) -> np.ndarray:
    """Return for each value the number of equal values before it."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    is_first = np.ones(len(values), dtype=bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    firsts = np.flatnonzero(is_first)
    numbers = np.empty(len(values), dtype=np.int64)
    numbers[order] = np.arange(len(values)) - np.repeat(firsts, np.diff(np.append(firsts, len(values))))
    return numbers
