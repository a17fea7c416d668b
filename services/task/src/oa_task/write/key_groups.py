"""Pairs of equal keys in two files, in the order of the files."""

from dataclasses import dataclass

import numpy as np

MAX_ALIKE = 16
"""The most features with an equal key that are paired if the two files have different numbers of them."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Indexes of removed and added features, and how many have the key of the pair in either file."""

    removed: np.ndarray
    added: np.ndarray
    removed_alike: np.ndarray
    added_alike: np.ndarray

    def __len__(self) -> int:
        return len(self.removed)

    @property
    def is_single(self) -> np.ndarray:
        """Return the mask of the pairs whose key no other feature has."""
        mask: np.ndarray = np.maximum(self.removed_alike, self.added_alike) == 1
        return mask

    @property
    def is_small(self) -> np.ndarray:
        """Return the mask of the pairs whose key few features have."""
        mask: np.ndarray = np.maximum(self.removed_alike, self.added_alike) <= MAX_ALIKE
        return mask

    @property
    def is_clear(self) -> np.ndarray:
        """Return the mask of the pairs whose key few features have, or equally many in both files."""
        mask: np.ndarray = self.is_small | (self.removed_alike == self.added_alike)
        return mask


def pair_equal_keys(removed: np.ndarray, added: np.ndarray, removed_keys: np.ndarray, added_keys: np.ndarray) -> Pairs:
    """Pair the first removed feature that has a key with the first added one, the second with the second, and so on.

    `removed` and `added` are indexes in the order of the file, with the key of each.
    """
    old, new = _Groups(removed_keys), _Groups(added_keys)
    _, in_old, in_new = np.intersect1d(old.keys, new.keys, assume_unique=True, return_indices=True)
    sizes = np.minimum(old.sizes[in_old], new.sizes[in_new])
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return Pairs(
        removed[old.order[np.repeat(old.starts[in_old], sizes) + within]],
        added[new.order[np.repeat(new.starts[in_new], sizes) + within]],
        np.repeat(old.sizes[in_old], sizes),
        np.repeat(new.sizes[in_new], sizes),
    )


class _Groups:
    """The order that sorts keys, and where each different one starts in it."""

    def __init__(self, keys: np.ndarray) -> None:
        self.order = np.argsort(keys, kind="stable")
        ordered = keys[self.order]
        is_first = np.ones(len(keys), dtype=bool)
        is_first[1:] = ordered[1:] != ordered[:-1]
        self.starts = np.flatnonzero(is_first)
        self.keys = ordered[self.starts]
        self.sizes = np.diff(np.append(self.starts, len(keys)))
