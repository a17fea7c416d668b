"""A compact set of the object IDs that were seen before."""

from collections.abc import Hashable

_BITS = 1024


class SeenIds:
    """Integers as bits, in blocks (5 million consecutive ones take 0.7 MB); other values in a set."""

    def __init__(self) -> None:
        self._blocks: dict[int, bytearray] = {}
        self._others: set[Hashable] = set()

    def add(self, identifier: Hashable) -> bool:
        """Add an ID; return whether it is new."""
        if not isinstance(identifier, int):
            is_new = identifier not in self._others
            self._others.add(identifier)
            return is_new
        block = self._blocks.setdefault(identifier // _BITS, bytearray(_BITS // 8))
        byte, bit = divmod(identifier % _BITS, 8)
        is_new = not block[byte] >> bit & 1
        block[byte] |= 1 << bit
        return is_new
