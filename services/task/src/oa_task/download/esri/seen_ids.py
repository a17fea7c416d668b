"""Which features are there already, by object id, in little memory."""

from typing import Any

_BITS = 1024


class SeenIds:
    """Whole numbers as bits, a block of bits at a time (5 million in a row take 0.7 MB); anything else in a set."""

    def __init__(self) -> None:
        self._blocks: dict[int, bytearray] = {}
        self._others: set[Any] = set()

    def add(self, identifier: Any) -> bool:
        """Note an id and return whether it is new."""
        if not isinstance(identifier, int):
            is_new = identifier not in self._others
            self._others.add(identifier)
            return is_new
        block = self._blocks.setdefault(identifier // _BITS, bytearray(_BITS // 8))
        byte, bit = divmod(identifier % _BITS, 8)
        is_new = not block[byte] >> bit & 1
        block[byte] |= 1 << bit
        return is_new
