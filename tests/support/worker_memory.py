"""The memory of a pytest worker, and the part of it that nothing uses."""

import ctypes
import gc
import resource
from pathlib import Path

_STATM = Path("/proc/self/statm")
_LIBC = ctypes.CDLL(None)


def resident_mb() -> int:
    """Return the resident memory of this process; 0 where the system has no `/proc`."""
    pages = int(_STATM.read_text("ascii").split()[1]) if _STATM.exists() else 0
    return pages * resource.getpagesize() // 2**20


class FreedMemory:
    """Memory that tests freed and that malloc keeps: each application takes some megabytes, and few pages are whole."""

    def __init__(self, *, step_mb: int) -> None:
        self._step_mb = step_mb
        self._left_mb = resident_mb()

    def return_if_grown(self) -> int:
        """Return the resident memory; once it has grown by a step, first give the free part back to the system."""
        grown_mb = resident_mb()
        if grown_mb < self._left_mb + self._step_mb:
            return grown_mb
        gc.collect()
        if hasattr(_LIBC, "malloc_trim"):  # of glibc
            _LIBC.malloc_trim(0)
        self._left_mb = resident_mb()
        return self._left_mb
