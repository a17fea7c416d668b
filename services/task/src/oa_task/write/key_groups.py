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
    in_old, in_new = _find_common(old.keys, new.keys)
    sizes = np.minimum(old.sizes[in_old], new.sizes[in_new])
    firsts = np.cumsum(sizes, dtype=np.int32) - sizes
    within = np.arange(sizes.sum(), dtype=np.int32) - np.repeat(firsts, sizes)
    return Pairs(
        removed[old.order[np.repeat(old.starts[in_old], sizes) + within]],
        added[new.order[np.repeat(new.starts[in_new], sizes) + within]],
        np.repeat(old.sizes[in_old], sizes),
        np.repeat(new.sizes[in_new], sizes),
    )


def _find_common(old: np.ndarray, new: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of the values that both sorted arrays have."""
    positions = np.searchsorted(old, new).astype(np.int32)
    in_new = np.flatnonzero(positions < len(old)).astype(np.int32)
    in_new = in_new[old[positions[in_new]] == new[in_new]]
    return positions[in_new], in_new


class _Groups:
    """The order that sorts keys, and where each different one starts in it; 32-bit indexes save memory."""

    def __init__(self, keys: np.ndarray) -> None:
        self.order = np.argsort(keys, kind="stable").astype(np.int32)
        ordered = keys[self.order]
        is_first = np.ones(len(keys), dtype=bool)
        is_first[1:] = ordered[1:] != ordered[:-1]
        self.starts = np.flatnonzero(is_first).astype(np.int32)
        self.keys = ordered[self.starts]
        self.sizes = np.diff(np.append(self.starts, np.int32(len(keys))))
