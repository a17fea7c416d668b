import collections
import threading
from collections.abc import Iterator

import pytest

from oa_task.runtime.pipeline import ConsumerThread, ReadAhead


def test_consumer_thread_consumes_in_order_and_finishes_in_its_thread() -> None:
    seen: list[object] = []
    worker = ConsumerThread[int]("w", seen.append)
    for item in range(50):
        worker.put(item)
    worker.end(lambda: seen.append(threading.current_thread().name))
    worker.join()
    assert seen == [*range(50), "w"]


def test_consumer_thread_error_is_raised_by_put_and_ends_consumption() -> None:
    seen: list[int] = []

    def consume(item: int) -> None:
        seen.append(item)
        raise ValueError("no")

    worker = ConsumerThread[int]("w", consume)
    with pytest.raises(ValueError, match="no"):
        collections.deque(map(worker.put, range(1000)), maxlen=0)
    worker.stop()
    assert seen == [0]


def test_consumer_thread_error_at_the_end_is_raised_by_join() -> None:
    def fail() -> None:
        raise OSError("disk full")

    worker = ConsumerThread[int]("w", lambda _item: None)
    worker.end(fail)
    with pytest.raises(OSError, match="disk full"):
        worker.join()


def test_consumer_thread_stopped_with_a_full_queue_ends() -> None:
    gate = threading.Event()

    def consume(_item: int) -> None:
        gate.set()
        threading.Event().wait(0.01)

    worker = ConsumerThread[int]("w", consume, depth=1)
    worker.put(1)
    worker.put(2)
    assert gate.wait(60)
    worker.stop()
    assert not any(thread.name == "w" for thread in threading.enumerate())


def test_read_ahead_yields_all_items_then_raises_the_error() -> None:
    def items() -> Iterator[int]:
        yield from range(5)
        raise ValueError("broken at 5")

    seen: list[int] = []
    with pytest.raises(ValueError, match="broken at 5"), ReadAhead(items()) as ahead:
        seen.extend(ahead)
    assert seen == [0, 1, 2, 3, 4]


def test_read_ahead_leaving_early_stops_reading() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in range(10_000):
            taken.append(item)
            yield item

    with ReadAhead(items()) as ahead:
        assert next(iter(ahead)) == 0
    assert len(taken) < 10
