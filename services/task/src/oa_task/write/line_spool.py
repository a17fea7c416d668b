"""Lines on disk that are read in any order."""

import mmap
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from oa_task.write.number_column import NumberColumn


class LineSpool:
    """Writes lines to a file, then returns each by its index."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")
        self._sizes = NumberColumn(path.with_name(f"{path.name}.sizes"), np.uint32)
        self._ends = np.zeros(0, dtype=np.int64)
        self._map: mmap.mmap | None = None

    def __len__(self) -> int:
        return len(self._sizes)

    def append(self, lines: Sequence[bytes]) -> None:
        """Append lines without line feeds."""
        self._file.write(b"".join(lines))
        self._sizes.append(np.fromiter(map(len, lines), dtype=np.uint32, count=len(lines)))

    def finish(self) -> None:
        """End writing; `line` works from now on."""
        self._file.close()
        self._ends = np.cumsum(self._sizes.read(), dtype=np.int64)
        if len(self._ends):
            with self._path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def line(self, index: int) -> bytes:
        """Return a line. Raises IndexError for an index that no line has."""
        if self._map is None:
            raise IndexError(index)
        return self._map[int(self._ends[index - 1]) if index else 0 : int(self._ends[index])]

    def remove(self) -> None:
        """Remove the files."""
        if self._map is not None:
            self._map.close()
        self._file.close()
        self._sizes.remove()
        self._path.unlink(missing_ok=True)
