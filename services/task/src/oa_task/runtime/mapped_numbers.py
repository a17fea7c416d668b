"""Numbers of a large file as an array whose pages leave the memory of the process once they have been used."""

import mmap
from pathlib import Path

import numpy as np


class MappedNumbers:
    """The numbers of a file from a place on as `array`, a read-only view of the file that needs no further memory.

    The kernel counts each page that was read as memory of the process until `release`; it reads a released page again
    when the array is used.
    """

    def __init__(self, path: Path, kind: type[np.generic] | str, *, offset: int = 0, count: int = -1) -> None:
        """Map `count` numbers, all by default; a file that ends before `offset` has none."""
        self._map: mmap.mmap | None = None
        if count == 0 or path.stat().st_size <= offset:
            self.array: np.ndarray = np.empty(0, dtype=kind)
            return
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        size = np.dtype(kind).itemsize
        whole = (len(self._map) - offset) // size if count < 0 else count
        self.array = np.frombuffer(self._map, dtype=kind, count=whole, offset=offset)

    def release(self) -> None:
        """Take the pages that were read out of the memory of the process."""
        if self._map is not None:
            self._map.madvise(mmap.MADV_DONTNEED)
