"""Numbers of millions of features on disk: appended a batch at a time, then read as one mapped array."""

from pathlib import Path

import numpy as np


class NumberColumn:
    """A file with one number for each feature."""

    def __init__(self, path: Path, kind: type[np.generic] = np.uint64) -> None:
        self._path = path
        self._kind = kind
        self._file = path.open("wb")
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, values: np.ndarray) -> None:
        """Append the numbers of a batch."""
        self._file.write(np.ascontiguousarray(values, dtype=self._kind).tobytes())
        self._count += len(values)

    def read(self) -> np.ndarray:
        """Return all numbers as a view of the file, which gets no more of them."""
        self._file.close()
        if not self._count:
            return np.zeros(0, dtype=self._kind)
        return np.memmap(self._path, dtype=self._kind, mode="r")

    def remove(self) -> None:
        """Remove the file; views of it stay valid."""
        self._file.close()
        self._path.unlink(missing_ok=True)
