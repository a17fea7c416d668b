"""Reading lines that this engine wrote: the lines and their hashes, some thousands at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zlib import error as ZlibError  # noqa: N812 - a class with a function's name

import numpy as np
from isal import igzip

from oa_task.write.lines import HASH_DIGITS, HEAD

_CHUNK_BYTES = 4 * 1024 * 1024
_HEAD = np.frombuffer(HEAD.encode(), dtype=np.uint8)
_NOT_HEX = 255
_NIBBLES = np.full(256, _NOT_HEX, dtype=np.uint8)
_NIBBLES[np.frombuffer(b"0123456789abcdef", dtype=np.uint8)] = np.arange(16)


class ForeignLinesError(Exception):
    """The lines of a file are not the output of this engine."""


@dataclass(frozen=True, slots=True)
class FeatureLines:
    """Consecutive complete lines in `data`, from `starts` to `ends`, without their line feeds."""

    data: bytes
    starts: np.ndarray
    ends: np.ndarray

    def __len__(self) -> int:
        return len(self.starts)

    def hashes(self) -> np.ndarray:
        """Return the 64-bit hash of every line. Raises ForeignLinesError."""
        buffer = np.frombuffer(self.data, dtype=np.uint8)
        width = len(_HEAD) + HASH_DIGITS
        if (self.ends - self.starts < width).any():
            raise ForeignLinesError("a line is too short")
        heads = buffer[self.starts[:, None] + np.arange(width)]
        if (heads[:, : len(_HEAD)] != _HEAD).any():
            raise ForeignLinesError("a line does not start like a feature with a hash")
        return hash_numbers(heads[:, len(_HEAD) :])

    def line(self, index: int) -> bytes:
        """Return a line without its line feed."""
        return self.data[self.starts[index] : self.ends[index]]


def hash_numbers(digits: np.ndarray) -> np.ndarray:
    """Return hexadecimal digits, shape (n, 16), as 64-bit numbers. Raises ForeignLinesError."""
    nibbles = _NIBBLES[digits]
    if (nibbles == _NOT_HEX).any():
        raise ForeignLinesError("a hash is not hexadecimal")
    numbers = np.zeros(len(digits), dtype=np.uint64)
    for position in range(HASH_DIGITS):
        numbers = (numbers << np.uint64(4)) | nibbles[:, position]
    return numbers


def read_feature_lines(path: Path) -> Iterator[FeatureLines]:
    """Yield the lines of a gzip file in order. Raises ForeignLinesError if the file is damaged."""
    rest = b""
    try:
        with igzip.open(path, "rb") as file:  # type: ignore[no-untyped-call] # isal leaves it unannotated
            while chunk := file.read(_CHUNK_BYTES):
                complete, feed, tail = (rest + chunk).rpartition(b"\n")
                rest = tail
                if feed:
                    yield _split(complete + feed)
    except (OSError, EOFError, ZlibError) as error:
        raise ForeignLinesError(f"{path.name} cannot be unpacked: {error}") from error
    if rest:
        yield _split(rest + b"\n")


def _split(data: bytes) -> FeatureLines:
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n"))
    starts = np.concatenate(([0], ends[:-1] + 1))
    return FeatureLines(data, starts, ends)
