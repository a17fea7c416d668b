"""Sets in which a value may be more than once, as sorted arrays: 16 bytes a value, millions fit."""

import numpy as np


class Multiset:
    """64-bit values that are taken out one after another."""

    def __init__(self, values: np.ndarray) -> None:
        self.values, counts = np.unique(values, return_counts=True)
        self.counts = counts.astype(np.uint32)
        self.taken = np.zeros(len(self.values), dtype=np.uint32)

    def take(self, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Take values out, in order.

        Returns for each whether it was still there, its place among the sorted values, and how many equal ones were
        taken before it. The last two mean something only where the value is known at all.
        """
        places = np.searchsorted(self.values, wanted)
        places[places == len(self.values)] = 0
        known = self.values[places] == wanted if len(self.values) else np.zeros(len(wanted), dtype=bool)
        before = occurrence_numbers(wanted)
        if len(self.values):
            before = before + self.taken[places]
            np.add.at(self.taken, places[known], 1)
            return known & (before < self.counts[places]), places, before
        return known, places, before

    def matched(self) -> "Multiset":
        """Return, untouched, a set of those that were taken out."""
        copy = Multiset(self.values)
        copy.counts = np.minimum(self.taken, self.counts)
        return copy

    def left(self) -> np.ndarray:
        """Return the values of which not all were taken out, each once."""
        found: np.ndarray = self.values[self.taken < self.counts]
        return found

    def count_of(self, wanted: np.ndarray) -> np.ndarray:
        """Return how many of each value there were at the start."""
        if not len(self.values):
            return np.zeros(len(wanted), dtype=np.uint32)
        places = np.minimum(np.searchsorted(self.values, wanted), len(self.values) - 1)
        return np.where(self.values[places] == wanted, self.counts[places], 0)


def occurrence_numbers(values: np.ndarray) -> np.ndarray:
    """Return for each value how many equal ones stand before it."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    is_first = np.ones(len(values), dtype=bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    firsts = np.flatnonzero(is_first)
    numbers = np.empty(len(values), dtype=np.int64)
    numbers[order] = np.arange(len(values)) - np.repeat(firsts, np.diff(np.append(firsts, len(values))))
    return numbers
