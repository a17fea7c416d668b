"""Text as a gzip file, a batch at a time."""

from pathlib import Path

import polars as pl
from isal import isal_zlib

from oa_task.write.contiguous import contiguous

_LEVEL = 1
_GZIP = 31


class GzipTextFile:
    """A gzip file that gets its name when it is complete.

    It uses level 1 of ISA-L: for lines of features, higher levels cost more and gain little.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._part = path.with_name(path.name + ".part")
        self._file = self._part.open("wb")
        self._compressor = isal_zlib.compressobj(_LEVEL, wbits=_GZIP)

    def write(self, lines: pl.Series) -> None:
        """Append all texts of a column, without separators."""
        if len(lines):
            offsets, data = contiguous(lines)
            self.write_bytes(memoryview(data)[offsets[0] : offsets[-1]])

    def write_bytes(self, data: bytes | memoryview) -> None:
        """Append bytes."""
        self._file.write(self._compressor.compress(data))

    def close(self) -> None:
        """Finish the file and give it its name."""
        self._file.write(self._compressor.flush())
        self._file.close()
        self._part.replace(self.path)

    def abandon(self) -> None:
        """Remove the unfinished file."""
        self._file.close()
        self._part.unlink(missing_ok=True)
