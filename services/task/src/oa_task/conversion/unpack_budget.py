"""The budget of one download: entries, bytes and disk space, through all of the archives in it."""

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from oa_task.runtime.failure import TaskFailure

_SMALL_BYTES = 10 * 1024 * 1024
_SPARE_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class UnpackLimits:
    """The limits of one download with the archives in it.

    `ratio` compares the bytes of each level with the size of the download; it counts only above 10 MiB. `depth` is the
    number of levels: a gzip file in a zip has two. `decoder_bytes` limits the memory of one decoder, the dictionary.
    """

    entries: int = 20_000
    expanded_bytes: int = 60 * 1024**3
    ratio: int = 100
    depth: int = 5
    decoder_bytes: int = 256 * 1024**2


class UnpackBudget:
    """Counts what unpacking one download has produced. All methods raise TaskFailure beyond a limit."""

    def __init__(self, limits: UnpackLimits, *, downloaded_bytes: int, folder: Path) -> None:
        self.limits = limits
        self._downloaded_bytes = downloaded_bytes
        self._folder = folder
        self._entries = 0
        self._bytes = 0
        self._level_bytes: Counter[int] = Counter()

    def check_depth(self, depth: int) -> None:
        """Check the number of a level, from 1."""
        if depth > self.limits.depth:
            raise TaskFailure("source.archive", f"archives are nested more than {self.limits.depth} deep")

    def add_entry(self) -> None:
        """Count an entry of an archive."""
        self._entries += 1
        if self._entries > self.limits.entries:
            raise TaskFailure("source.archive", f"the archive has more than {self.limits.entries:,} entries")

    def add_bytes(self, count: int, depth: int) -> None:
        """Count bytes that a level has produced."""
        self._bytes += count
        self._level_bytes[depth] += count
        self._check(self._bytes, self._level_bytes[depth])

    def check_announced(self, count: int, depth: int) -> None:
        """Check the size that an archive announces against the limits and the free disk space, before any is written.

        Raises TaskFailure resource.disk_full if the disk has no room.
        """
        self._check(self._bytes + count, self._level_bytes[depth] + count)
        free_bytes = shutil.disk_usage(self._folder).free
        if count > free_bytes - _SPARE_BYTES:
            text = f"the archive expands to {count:,} bytes; the disk has {free_bytes:,} bytes free"
            raise TaskFailure("resource.disk_full", text)

    def remaining_bytes(self, depth: int) -> int:
        """Return how many bytes a level may still produce."""
        by_ratio = max(self._downloaded_bytes * self.limits.ratio, _SMALL_BYTES) - self._level_bytes[depth]
        return max(min(self.limits.expanded_bytes - self._bytes, by_ratio), 0)

    def check_decoder(self, count: int, name: str) -> None:
        """Check the memory that decoding takes, which the data itself sets."""
        if count > self.limits.decoder_bytes:
            text = f"{name} needs {count:,} bytes of memory to decode; the limit is {self.limits.decoder_bytes:,}"
            raise TaskFailure("source.too_large", f"{text}: find a zip of the same data")

    def _check(self, all_bytes: int, level_bytes: int) -> None:
        if all_bytes > self.limits.expanded_bytes:
            text = f"the archive expands to more than {self.limits.expanded_bytes:,} bytes"
            raise TaskFailure("source.too_large", text)
        if level_bytes > _SMALL_BYTES and level_bytes > self._downloaded_bytes * self.limits.ratio:
            text = f"the archive expands to more than {self.limits.ratio} times its packed size"
            raise TaskFailure("source.too_large", text)
