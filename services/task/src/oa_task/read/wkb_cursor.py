"""Numbers from well-known binary (WKB), with every count held against the bytes that are left."""

import struct

import numpy as np

GEOMETRY_BYTES, COUNT_BYTES = 9, 4  # the shortest geometry: byte order, type and a count
_ORDINATE_BYTES = 8
_HIGH_Z, _HIGH_M, _HIGH_SRID = 0x80000000, 0x40000000, 0x20000000
_ISO_STEP = 1000
# Indexed by the thousands of an ISO type: none, Z, M, both.
_EXTRA_ORDINATES = (0, 1, 1, 2)
_BYTE_ORDERS = {0: ">", 1: "<"}


class WkbError(ValueError):
    """An unusable geometry; the text is the reason."""


def split_type(code: int) -> tuple[int, int]:
    """Return the kind of geometry of a type word, and its ordinates per coordinate.

    Z and M are thousands (ISO), high bits (PostGIS, GDAL) or both. Raises WkbError for thousands without a meaning.
    """
    thousands, kind = divmod(code & ~(_HIGH_Z | _HIGH_M | _HIGH_SRID), _ISO_STEP)
    if thousands >= len(_EXTRA_ORDINATES):
        raise WkbError(f"unknown geometry type {code}")
    flags = bool(code & _HIGH_Z) + bool(code & _HIGH_M)
    return kind, 2 + max(flags, _EXTRA_ORDINATES[thousands])


class WkbCursor:
    """Reads WKB from front to back. Every method raises WkbError where the bytes end too early."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._position = 0
        self._order = "<"
        self._ordinates = 2

    def start_geometry(self) -> int:
        """Return the kind of the geometry that starts here; its byte order and ordinates hold until the next start."""
        self._require(1 + COUNT_BYTES)
        order = self._body[self._position]
        if order not in _BYTE_ORDERS:
            raise WkbError(f"unknown byte order {order}")
        self._order = _BYTE_ORDERS[order]
        self._position += 1
        code = self._word()
        kind, self._ordinates = split_type(code)
        if code & _HIGH_SRID:
            self._word()
        return kind

    def count(self, least_bytes: int) -> int:
        """Return the number of items that follow, each of at least `least_bytes`."""
        count = self._word()
        self._require(count * least_bytes)
        return count

    def points(self) -> np.ndarray:
        """Return the x, y pairs of the list of points that follows: shape (n, 2)."""
        return self.pairs(self.count(self._ordinates * _ORDINATE_BYTES))

    def pairs(self, count: int) -> np.ndarray:
        """Return the x, y pairs of the next `count` points: shape (n, 2)."""
        self._require(count * self._ordinates * _ORDINATE_BYTES)
        values = np.frombuffer(self._body, f"{self._order}f8", count * self._ordinates, self._position)
        self._position += values.nbytes
        return values.reshape(count, self._ordinates)[:, :2].astype(np.float64)

    def skip_points(self, count: int | None = None) -> None:
        """Skip the next `count` points, or the list of points that follows."""
        size = self._ordinates * _ORDINATE_BYTES
        skipped = self.count(size) if count is None else count
        self._require(skipped * size)
        self._position += skipped * size

    def _word(self) -> int:
        self._require(COUNT_BYTES)
        (value,) = struct.unpack_from(f"{self._order}I", self._body, self._position)
        self._position += COUNT_BYTES
        return int(value)

    def _require(self, size: int) -> None:
        left = len(self._body) - self._position
        if size > left:
            raise WkbError(f"{size - left:,} bytes are missing")
