"""The cost of callbacks of an event loop: the CPU time of its own thread, which a loaded machine does not change."""

import asyncio
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

_SAMPLE_EVERY_S = 0.004
_FRAMES = 12


class LoopCost:
    """Measures the callbacks of the loops of this thread; `blocks` has those above a limit, with their stacks."""

    def __init__(self, *, limit_s: float) -> None:
        self.blocks: list[tuple[float, str]] = []
        self.longest_s = 0.0
        self._limit_s = limit_s
        self._thread = threading.get_ident()
        self._stacks: list[str] = []
        self._is_in_callback = False
        self._is_over = threading.Event()

    @contextmanager
    def measure(self) -> Iterator[None]:
        """Measure within a block."""
        original, clock = asyncio.Handle._run, time.thread_time

        def run(handle: asyncio.Handle) -> None:
            if threading.get_ident() != self._thread:
                original(handle)
                return
            self._stacks, self._is_in_callback = [], True
            started = clock()
            original(handle)
            took_s = clock() - started
            self._is_in_callback = False
            self._record(handle, took_s)

        asyncio.Handle._run = run  # type: ignore[method-assign,assignment]
        sampler = threading.Thread(target=self._sample, daemon=True)
        sampler.start()
        try:
            yield
        finally:
            asyncio.Handle._run = original  # type: ignore[method-assign]
            self._is_over.set()
            sampler.join()

    def write(self, file: Path) -> None:
        """Write the blocks as JSON, the longest first."""
        blocks = [[round(seconds, 4), stack] for seconds, stack in sorted(self.blocks, reverse=True)]
        file.write_text(json.dumps({"longest_s": self.longest_s, "blocks": blocks}), "utf-8")

    def _record(self, handle: asyncio.Handle, took_s: float) -> None:
        self.longest_s = max(self.longest_s, took_s)
        if took_s > self._limit_s:
            stacks = Counter(self._stacks).most_common(2)
            self.blocks.append((took_s, "\n---\n".join(stack for stack, _ in stacks) or repr(handle)[:300]))

    def _sample(self) -> None:
        while not self._is_over.wait(_SAMPLE_EVERY_S):
            frame = sys._current_frames().get(self._thread)
            if self._is_in_callback and frame is not None:
                self._stacks.append(_describe(frame))


def _describe(frame: FrameType | None) -> str:
    lines = []
    while frame is not None and len(lines) < _FRAMES:
        lines.append(f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} {frame.f_code.co_qualname}")
        frame = frame.f_back
    return " < ".join(lines)
