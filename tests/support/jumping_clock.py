"""A clock that jumps to the next timer of an event loop: a test waits no real second, and a busy machine adds none."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from selectors import BaseSelector, SelectorKey
from typing import cast

import pytest


class _Clock:
    """The time of a loop, which passes only while the loop would wait for a timer."""

    def __init__(self, selector: BaseSelector) -> None:
        self._select = selector.select
        self._now_s = time.monotonic()

    def monotonic(self) -> float:
        return self._now_s

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Return the files that are ready; without any, jump ahead by the time-out, or wait if there is none."""
        if timeout is None or timeout <= 0:
            return self._select(timeout)
        ready = self._select(0)
        if not ready:
            self._now_s += timeout
        return ready


@contextmanager
def jumping_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Replace the clock of the running loop, which is `time.monotonic`, until the end of the block.

    Only for tests without threads and other processes: the clock would not wait for them.
    """
    loop = asyncio.get_running_loop()
    selector = cast("BaseSelector", loop._selector)  # type: ignore[attr-defined] # of the loops of selectors
    clock = _Clock(selector)
    with monkeypatch.context() as patch:
        patch.setattr(selector, "select", clock.select)
        patch.setattr(time, "monotonic", clock.monotonic)
        yield
