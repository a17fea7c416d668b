"""Which removed and added features are versions of one feature (docs/engine.md, "Changes").

Each pass pairs features that have something in common, and leaves the others to later passes. Every feature is in at
most one pair, and equal files give equal pairs. No pass depends on an id, so that a broken rule reads as changes of a
field.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from oa_task.write.feature_keys import FeatureKeys
from oa_task.write.key_groups import Pairs, pair_equal_keys

ID_FIELDS = ("id", "pid")
_LEAST_LIKENESS = 0.5
_LEAST_ROWS = 100
_WEIGHED = 65_536

_Candidates = tuple[np.ndarray, np.ndarray]


def pair_features(removed: FeatureKeys, added: FeatureKeys, *, has_same_order: bool) -> np.ndarray:
    """Return for each added feature the index of the removed one that it replaces, -1 for a new feature.

    `has_same_order` states whether the features that both files have follow each other in the same order.
    """
    if not len(removed) or not len(added):
        return np.full(len(added), -1, dtype=np.int32)
    pairing = _Pairing(removed, added)
    pairing.pair_one_difference()
    pairing.pair_equal_fields()
    pairing.pair_ids()
    pairing.pair_places()
    if has_same_order:
        pairing.pair_rows()
    pairing.pair_emptied_fields()
    return pairing.predecessors


@dataclass(slots=True)
class _Side:
    """The features of one file: their keys, the sums of these, and the indexes of those without a partner, in order."""

    keys: FeatureKeys
    sums: np.ndarray
    left: np.ndarray

    def values(self, name: str) -> np.ndarray:
        """Return the numbers of a field of the features without a partner."""
        numbers: np.ndarray = self.keys.field(name)[self.left]
        return numbers

    def without(self, name: str) -> np.ndarray:
        """Return the sums of the numbers of all other fields, of the features without a partner."""
        sums: np.ndarray = self.sums[self.left] - self.values(name)
        return sums

    def select(self, mask: np.ndarray, keys: np.ndarray) -> _Candidates:
        """Return the indexes and the keys of the features in the mask, which has those without a partner."""
        return self.left[mask], keys[mask]


class _Pairing:
    """The pairs so far."""

    def __init__(self, removed: FeatureKeys, added: FeatureKeys) -> None:
        self.predecessors = np.full(len(added), -1, dtype=np.int32)
        self._removed = _Side(removed, removed.sum(), np.arange(len(removed), dtype=np.int32))
        self._added = _Side(added, added.sum(), np.arange(len(added), dtype=np.int32))
        self._names = _names_of(removed, added)
        self._id = next((name for name in ID_FIELDS if name in removed.fields and name in added.fields), None)
        self._has_stable_ids = self._id is not None

    def pair_one_difference(self) -> None:
        """Pair features at the same place that differ in one field.

        If they have no other field, or the field that differs is the id, few features may be at the place.
        """
        for name in self._names:

            def candidates(side: _Side, name: str = name) -> _Candidates:
                places = side.keys.geometry[side.left]
                return side.select(places != 0, side.without(name) + places)

            def is_same(pairs: Pairs, name: str = name) -> np.ndarray:
                before = self._removed.keys.field(name)[pairs.removed]
                after = self._added.keys.field(name)[pairs.added]
                rest = self._removed.sums[pairs.removed] - before
                is_clear = pairs.is_small if name == self._id else pairs.is_clear
                mask: np.ndarray = pairs.is_single | (is_clear & ((rest != 0) | (before == 0) | (after == 0)))
                return mask

            self._pair(candidates, is_same)

    def pair_equal_fields(self) -> None:
        """Pair features whose fields are equal: they moved."""
        self._pair(
            lambda side: side.select(side.sums[side.left] != 0, side.sums[side.left]), lambda pairs: pairs.is_clear
        )

    def pair_ids(self) -> None:
        """Pair features with the same id, unless most of these have nothing else in common: then ids are not kept."""
        name = self._id
        if name is None:
            return
        found = self._find(lambda side: side.select(side.values(name) != 0, side.values(name)))
        self._has_stable_ids = self._are_stable(found)
        if self._has_stable_ids:
            self._keep(found, np.ones(len(found), dtype=bool))

    def pair_places(self) -> None:
        """Pair features at the same place: alone there, or with a field in common."""
        self._pair(
            lambda side: side.select(side.keys.geometry[side.left] != 0, side.keys.geometry[side.left]),
            lambda pairs: self._may_be_same(pairs) & (pairs.is_single | (pairs.is_clear & self._share_field(pairs))),
        )

    def pair_rows(self) -> None:
        """Pair features in the same row: between the same two unchanged ones, where both files have equally many.

        They are alike; or all rows together agree in a field; or no feature of the files has a field or is unchanged.
        """
        is_bare = not any(side.sums.any() or side.keys.gap.any() for side in (self._removed, self._added))

        def is_same(pairs: Pairs) -> np.ndarray:
            is_even = pairs.removed_alike == pairs.added_alike
            is_one = self._are_alike(pairs) | (is_bare or self._are_aligned(pairs))
            mask: np.ndarray = is_even & self._may_be_same(pairs) & is_one
            return mask

        self._pair(lambda side: side.select(np.ones(len(side.left), dtype=bool), side.keys.gap[side.left]), is_same)

    def pair_emptied_fields(self) -> None:
        """Pair features at different places that are equal but for a field that only one of them has."""
        for name in self._names:
            for is_lost in (True, False):

                def candidates(side: _Side, name: str = name, *, is_lost: bool = is_lost) -> _Candidates:
                    has_value = side.values(name) != 0
                    is_candidate = has_value == (is_lost == (side is self._removed))
                    return side.select(is_candidate & (side.without(name) != 0), side.without(name))

                self._pair(candidates, lambda pairs: pairs.is_clear)

    def _pair(self, candidates: Callable[[_Side], _Candidates], is_same: Callable[[Pairs], np.ndarray]) -> None:
        found = self._find(candidates)
        if len(found):
            self._keep(found, is_same(found))

    def _find(self, candidates: Callable[[_Side], _Candidates]) -> Pairs:
        removed, removed_keys = candidates(self._removed)
        added, added_keys = candidates(self._added)
        return pair_equal_keys(removed, added, removed_keys, added_keys)

    def _keep(self, pairs: Pairs, mask: np.ndarray) -> None:
        removed, added = pairs.removed[mask], pairs.added[mask]
        self.predecessors[added] = removed
        for side, paired in ((self._removed, removed), (self._added, added)):
            is_paired = np.zeros(len(side.keys), dtype=bool)
            is_paired[paired] = True
            side.left = side.left[~is_paired[side.left]]

    def _are_stable(self, pairs: Pairs) -> bool:
        """Return whether features keep their ids.

        Most pairs are at one place then, or share a field while no feature of another id is at the earlier place.
        """
        before, after = self._removed.keys.geometry[pairs.removed], self._added.keys.geometry[pairs.added]
        is_same_place = (before != 0) & (before == after)
        is_taken = ~is_same_place & (before != 0) & np.isin(before, self._added.keys.geometry[self._added.left])
        return 2 * int((is_same_place | (self._share_field(pairs) & ~is_taken)).sum()) >= len(pairs)

    def _are_aligned(self, pairs: Pairs) -> bool:
        """Return whether far more pairs are equal in a field than if the rows of one file were shifted."""
        if len(pairs) < _LEAST_ROWS:
            return False
        order = np.argsort(pairs.added, kind="stable")
        for name in self._names:
            before = self._removed.keys.field(name)[pairs.removed[order]]
            after = self._added.keys.field(name)[pairs.added[order]]
            shifted = np.roll(after, len(after) // 2)
            shares = [float(((before != 0) & (before == other)).mean()) for other in (after, shifted)]
            if shares[0] - shares[1] >= _LEAST_LIKENESS:
                return True
        return False

    def _may_be_same(self, pairs: Pairs) -> np.ndarray:
        """Return the mask of the pairs without two ids, which are different ones at this point; all if ids change."""
        if self._id is None or not self._has_stable_ids:
            return np.ones(len(pairs), dtype=bool)
        before, after = self._removed.keys.field(self._id)[pairs.removed], self._added.keys.field(self._id)[pairs.added]
        mask: np.ndarray = (before == 0) | (after == 0) | (before == after)
        return mask

    def _share_field(self, pairs: Pairs) -> np.ndarray:
        equal, both = self._compare_fields(pairs)
        mask: np.ndarray = (equal > 0) | (both == 0)
        return mask

    def _are_alike(self, pairs: Pairs) -> np.ndarray:
        equal, both = self._compare_fields(pairs)
        before, after = self._removed.sums[pairs.removed], self._added.sums[pairs.added]
        mask: np.ndarray = np.where(both > 0, equal >= _LEAST_LIKENESS * both, (before == after) & (before != 0))
        return mask

    def _compare_fields(self, pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
        """Return the weights of the fields that are equal, and of those that both features have, without the id.

        A field weighs the more, the more different values it has: a city says little of an address.
        """
        equal, both = np.zeros(len(pairs)), np.zeros(len(pairs))
        for name in self._names:
            if name == self._id:
                continue
            before, after = self._removed.keys.field(name), self._added.keys.field(name)
            sample = np.concatenate((before[:_WEIGHED], after[:_WEIGHED]))
            weight = np.log2(max(len(np.unique(sample[sample != 0])), 1))
            has_both = (before[pairs.removed] != 0) & (after[pairs.added] != 0)
            both += weight * has_both
            equal += weight * (has_both & (before[pairs.removed] == after[pairs.added]))
        return equal, both


def _names_of(removed: FeatureKeys, added: FeatureKeys) -> list[str]:
    """Return the fields of both files, ids last: a change of another field explains more."""
    return sorted(dict.fromkeys([*added.fields, *removed.fields]), key=lambda name: name in ID_FIELDS)
