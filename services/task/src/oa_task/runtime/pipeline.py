"""Threads that hand batches on: each stage works while the next one does, and no queue holds more than a few.

Polars, Arrow, GEOS and the compressors let go of the interpreter's lock, so stages run on all cores.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from types import TracebackType
from typing import Generic, Self, TypeVar

T = TypeVar("T")
_DEPTH = 2
_POLL_S = 0.05


class ConsumerThread(Generic[T]):
    """A thread that consumes what it is given, in order. Its first error is raised to whoever gives or joins.

    `busy_s` is how long it worked, waiting not counted.
    """

    def __init__(self, name: str, consume: Callable[[T], None], *, depth: int = _DEPTH) -> None:
        self.name = name
        self.busy_s = 0.0
        self._consume = consume
        self._finish: Callable[[], None] | None = None
        self._items: queue.Queue[T | None] = queue.Queue(depth)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, item: T) -> None:
        """Hand over an item, waiting for a free place."""
        self._raise()
        self._items.put(item)

    def end(self, finish: Callable[[], None] | None = None) -> None:
        """Say that nothing more comes; `finish` is called in the thread when everything is consumed."""
        self._finish = finish
        self._items.put(None)

    def join(self) -> None:
        """Wait until everything is consumed."""
        self._thread.join()
        self._raise()

    def stop(self) -> None:
        """Drop what waits and end the thread, unless it has ended."""
        self._error = self._error or RuntimeError("stopped")
        while self._thread.is_alive():
            with contextlib.suppress(queue.Full):
                self._items.put(None, timeout=_POLL_S)
            self._thread.join(_POLL_S)

    def _run(self) -> None:
        while (item := self._items.get()) is not None:
            if self._error is None:
                self._work(partial(self._consume, item))
        if self._error is None and self._finish is not None:
            self._work(self._finish)

    def _work(self, do: Callable[[], None]) -> None:
        started = time.perf_counter()
        try:
            do()
        except BaseException as error:  # noqa: BLE001 - raised in the thread that gives the work
            self._error = error
        self.busy_s += time.perf_counter() - started

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error


class ReadAhead(Generic[T]):
    """Iterates in a thread of its own, a few items ahead. Leaving the block stops it."""

    def __init__(self, items: Iterable[T], *, depth: int = _DEPTH) -> None:
        self.busy_s = 0.0
        self._items = iter(items)
        self._read: queue.Queue[T | BaseException | None] = queue.Queue(depth)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="read", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._stopped.set()
        self._thread.join()

    def __iter__(self) -> Iterator[T]:
        while (item := self._read.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    def _run(self) -> None:
        started = time.perf_counter()
        try:
            for item in self._items:
                self.busy_s += time.perf_counter() - started
                if not self._handed_over(item):
                    return
                started = time.perf_counter()
            self._handed_over(None)
        except BaseException as error:  # noqa: BLE001 - raised in the thread that iterates
            self._handed_over(error)

    def _handed_over(self, item: T | BaseException | None) -> bool:
        while not self._stopped.is_set():
            try:
                self._read.put(item, timeout=_POLL_S)
            except queue.Full:
                continue
            return True
        return False
