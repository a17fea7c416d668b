"""Compressed bodies of large public responses, kept by their ETag: what has not changed is not built again."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

# Each process keeps its own: some answers for everything, and those of the filters that people use at the moment.
MAX_KEPT_BYTES = 16 * 1024 * 1024
_MAX_BODY_BYTES = MAX_KEPT_BYTES // 4
# Clients may keep the extents as long: no client sees older ones than before.
KEPT_S = 300


@dataclass(frozen=True, slots=True)
class _KeptBody:
    body: bytes
    kept_at_s: float


class KeptBodies:
    """Bodies by ETag, which must name all that they depend on; the oldest make room for new ones."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._bodies: dict[str, _KeptBody] = {}
        self._bytes = 0

    def find(self, tag: str) -> bytes | None:
        """Return the body with this ETag, if it is kept and at most `KEPT_S` seconds old."""
        kept = self._bodies.get(tag)
        if kept is None:
            return None
        if self._clock_s() - kept.kept_at_s > KEPT_S:
            self._drop(tag)
            return None
        return kept.body

    def keep(self, tag: str, body: bytes) -> None:
        """Keep a body; one that is larger than a quarter of the room is not kept."""
        if tag in self._bodies:
            self._drop(tag)
        if len(body) > _MAX_BODY_BYTES:
            return
        while self._bytes + len(body) > MAX_KEPT_BYTES:
            self._drop(next(iter(self._bodies)))
        self._bodies[tag] = _KeptBody(body, self._clock_s())
        self._bytes += len(body)

    def _drop(self, tag: str) -> None:
        self._bytes -= len(self._bodies.pop(tag).body)


KEPT_BODIES = web.AppKey("kept_bodies", KeptBodies)
