"""Threads that pass batches on: all stages work at the same time, and each queue holds only a few batches.

Polars, Arrow, GEOS and the compressors release the interpreter lock, so the stages use all cores.
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
    """A thread that consumes items in order. `put` and `join` raise its first error.

    `busy_s` is the time it worked, without waiting.
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
        """Add an item; block while the queue is full."""
        self._raise_error()
        self._items.put(item)

    def end(self, finish: Callable[[], None] | None = None) -> None:
        """Close the queue; the thread calls `finish` after it has consumed every item."""
        self._finish = finish
        self._items.put(None)

    def join(self) -> None:
        """Wait until the thread has consumed every item."""
        self._thread.join()
        self._raise_error()

    def stop(self) -> None:
        """Drop the queued items and end the thread, if it still runs."""
        self._error = self._error or RuntimeError("stopped")
        while self._thread.is_alive():
            with contextlib.suppress(queue.Full):
                self._items.put(None, timeout=_POLL_S)
            self._thread.join(_POLL_S)

    def _run(self) -> None:
        while (item := self._items.get()) is not None:
            if self._error is None:
                self._measure(partial(self._consume, item))
        if self._error is None and self._finish is not None:
            self._measure(self._finish)

    def _measure(self, work: Callable[[], None]) -> None:
        started = time.perf_counter()
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again by `put` and `join`
            self._error = error
        self.busy_s += time.perf_counter() - started

    def _raise_error(self) -> None:
        if self._error is not None:
            raise self._error


class ReadAhead(Generic[T]):
    """Iterates in its own thread, a few items ahead. Leaving the block stops it."""

    def __init__(self, items: Iterable[T], *, depth: int = _DEPTH) -> None:
        self.busy_s = 0.0
        self._items = iter(items)
        self._queue: queue.Queue[T | BaseException | None] = queue.Queue(depth)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="read", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._stopped.set()
        self._thread.join()

    def __iter__(self) -> Iterator[T]:
        while (item := self._queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    def _run(self) -> None:
        started = time.perf_counter()
        try:
            for item in self._items:
                self.busy_s += time.perf_counter() - started
                if not self._put(item):
                    return
                started = time.perf_counter()
            self._put(None)
        except BaseException as error:  # noqa: BLE001 - raised again by the iteration
            self._put(error)

    def _put(self, item: T | BaseException | None) -> bool:
        while not self._stopped.is_set():
            try:
                self._queue.put(item, timeout=_POLL_S)
            except queue.Full:
                continue
            return True
        return False
