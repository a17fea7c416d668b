"""Seconds by phase and by output, for the manifest and the benchmark."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class PhaseClock:
    """Adds up the wall time of phases. Phases that overlap may add up to more than the total."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time a block under a name."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.add({name: time.perf_counter() - started})

    def add(self, seconds: Mapping[str, float]) -> None:
        """Add seconds measured elsewhere."""
        for name, value in seconds.items():
            self._seconds[name] = self._seconds.get(name, 0.0) + value

    @property
    def seconds(self) -> dict[str, float]:
        """Return the sums, rounded to milliseconds."""
        return {name: round(value, 3) for name, value in self._seconds.items()}
