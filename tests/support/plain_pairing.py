"""The passes of docs/engine.md, "Changes", feature by feature: slow and plain, for comparison with the engine.

Features are dictionaries of their values without empty ones, `geometry` among them; `gap` is given for the rows.
"""

import math
from collections.abc import Callable, Hashable, Iterable
from typing import Any

Feature = dict[str, Any]
Key = Hashable | None
MAX_ALIKE, LEAST_ROWS = 16, 100


class PlainPairing:
    """Pairs of indexes of removed and added features, in `pairs`."""

    def __init__(
        self, names: list[str], removed: list[Feature], added: list[Feature], gaps: tuple[list[int], list[int]] | None
    ) -> None:
        self.pairs: dict[int, int] = {}
        self._names, self._sides, self._gaps = names, (removed, added), gaps
        self._id = next((name for name in ("id", "pid") if name in names), None)
        self._trusts_ids = self._id is not None

    def run(self) -> dict[int, int]:
        """Return the removed feature of each added one that has one."""
        names = sorted(self._names, key=lambda name: name in {"id", "pid"})
        if not self._sides[0] or not self._sides[1]:
            return {}
        for name in names:
            self._pass(
                lambda _, f, n=name: (f["geometry"], self._rest(f, n)) if "geometry" in f else None,
                lambda a, b, old, new, n=name: old == new == 1 or self._may_differ(a, b, n, old, new),
            )
        self._pass(lambda _, f: self._rest(f, "") or None, lambda _a, _b, old, new: self._is_clear(old, new))
        self._pair_ids()
        self._pass(
            lambda _, f: f.get("geometry"),
            lambda a, b, old, new: (
                not self._have_two_ids(a, b)
                and (old == new == 1 or (self._is_clear(old, new) and self._shares_value(a, b)))
            ),
        )
        if self._gaps is not None:
            self._pair_rows(self._gaps)
        for name in names:
            for side in (0, 1):
                self._pass(
                    lambda place, f, n=name, s=side: (self._rest(f, n) or None) if (n in f) == (place == s) else None,
                    lambda _a, _b, old, new: self._is_clear(old, new),
                )
        return self.pairs

    def _rest(self, feature: Feature, name: str) -> tuple[tuple[str, Any], ...]:
        return tuple((n, feature[n]) for n in self._names if n in feature and n != name)

    def _is_clear(self, old: int, new: int) -> bool:
        return old == new or max(old, new) <= MAX_ALIKE

    def _may_differ(self, a: Feature, b: Feature, name: str, old: int, new: int) -> bool:
        is_clear = max(old, new) <= MAX_ALIKE if name == self._id else self._is_clear(old, new)
        return is_clear and (bool(self._rest(a, name)) or name not in a or name not in b)

    def _groups(self, key: Callable[[int, Feature], Key]) -> Iterable[tuple[list[int], list[int]]]:
        groups: dict[Key, tuple[list[int], list[int]]] = {}
        used = set(self.pairs.values()), set(self.pairs)
        for place, features in enumerate(self._sides):
            for index, feature in enumerate(features):
                if index not in used[place] and (value := key(place, feature)) is not None:
                    groups.setdefault(value, ([], []))[place].append(index)
        return groups.values()

    def _pass(self, key: Callable[[int, Feature], Key], accepts: Callable[[Feature, Feature, int, int], bool]) -> None:
        for old, new in self._groups(key):
            for a, b in zip(old, new, strict=False):
                if accepts(self._sides[0][a], self._sides[1][b], len(old), len(new)):
                    self.pairs[b] = a

    def _pair_ids(self) -> None:
        name = self._id
        if name is None:
            return
        left = {f.get("geometry") for index, f in enumerate(self._sides[1]) if index not in self.pairs} - {None}
        found = [pair for old, new in self._groups(lambda _, f: f.get(name)) for pair in zip(old, new, strict=False)]
        good = sum(self._keeps_id(self._sides[0][a], self._sides[1][b], left) for a, b in found)
        self._trusts_ids = 2 * good >= len(found)
        if self._trusts_ids:
            self.pairs |= {b: a for a, b in found}

    def _keeps_id(self, a: Feature, b: Feature, places: set[Any]) -> bool:
        if "geometry" in a and a["geometry"] == b.get("geometry"):
            return True
        return self._shares_value(a, b) and a.get("geometry") not in places

    def _have_two_ids(self, a: Feature, b: Feature) -> bool:
        name = self._id
        return self._trusts_ids and name in a and name in b and a[name] != b[name]

    def _weights(self, a: Feature, b: Feature) -> tuple[float, float]:
        both = [name for name in self._names if name != self._id and name in a and name in b]
        weights = {n: math.log2(len({f[n] for side in self._sides for f in side if n in f})) for n in both}
        return sum(weights[name] for name in both if a[name] == b[name]), sum(weights.values())

    def _shares_value(self, a: Feature, b: Feature) -> bool:
        equal, both = self._weights(a, b)
        return equal > 0 or both == 0

    def _pair_rows(self, gaps: tuple[list[int], list[int]]) -> None:
        used = set(self.pairs.values()), set(self.pairs)
        groups: dict[int, tuple[list[int], list[int]]] = {}
        for place, side in enumerate(gaps):
            for index, gap in enumerate(side):
                if index not in used[place]:
                    groups.setdefault(gap, ([], []))[place].append(index)
        is_bare = not any(self._rest(f, "") for side in self._sides for f in side) and not any(map(any, gaps))
        for old, new in groups.values():
            for a, b in zip(old, new, strict=False) if len(old) == len(new) else ():
                before, after = self._sides[0][a], self._sides[1][b]
                if not self._have_two_ids(before, after) and (is_bare or self._are_alike(before, after)):
                    self.pairs[b] = a

    def _are_alike(self, a: Feature, b: Feature) -> bool:
        equal, both = self._weights(a, b)
        rest = self._rest(a, "")
        return equal >= both / 2 if both > 0 else bool(rest) and rest == self._rest(b, "")
