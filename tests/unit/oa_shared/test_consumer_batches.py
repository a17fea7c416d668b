"""The consumer of batches: sizes, outcomes by message, calls of the queue, outages, heartbeats and stopping."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from oa_shared.consumer import ConsumerOptions, QueueConsumer
from oa_shared.outcomes import Ack, BatchHandler, DeadLetter, DependencyDown, Outcome, RetryAfter, Settlement
from oa_shared.queue import OutgoingMessage, ReceivedMessage
from support.consuming import run_until
from support.fakes.memory_queue import MemoryQueue

pytestmark = pytest.mark.usefixtures("no_real_time")

OPTIONS = ConsumerOptions(concurrency=60, visibility_s=30, wait_s=0.05)
_SIZE = 30


class CountingQueue(MemoryQueue):
    """A queue that counts its calls."""

    def __init__(self, dead_letters: MemoryQueue | None = None) -> None:
        super().__init__(dead_letters=dead_letters)
        self.deleted_at_once: list[int] = []
        self.extended: list[str] = []
        self.lost_deletes = 0

    async def delete_batch(self, receipts: Sequence[str]) -> None:
        self.deleted_at_once.append(len(receipts))
        if self.lost_deletes:
            self.lost_deletes -= 1
            receipts = receipts[1:]
        await super().delete_batch(receipts)

    async def change_visibility(self, receipt: str, seconds: int) -> None:
        self.extended.append(receipt)
        await super().change_visibility(receipt, seconds)


async def put(queue: MemoryQueue, count: int) -> None:
    await queue.send_batch([OutgoingMessage(str(number)) for number in range(count)])


async def always() -> bool:
    return True


async def consume(
    queue: MemoryQueue,
    handle: BatchHandler,
    until: Callable[[], bool],
    *,
    options: ConsumerOptions = OPTIONS,
    is_ready: Callable[[], Awaitable[bool]] = always,
) -> None:
    consumer = QueueConsumer(queue, handle, batch_size=_SIZE, options=options, is_ready=is_ready)
    await run_until(consumer, until)


def settle_all(messages: Sequence[ReceivedMessage], outcome: Outcome) -> list[Settlement]:
    return [Settlement(outcome)] * len(messages)


async def test_run_fills_batches_and_deletes_ten_messages_in_a_call() -> None:
    queue = CountingQueue()
    await put(queue, 75)
    sizes: list[int] = []

    async def handle(messages: Sequence[ReceivedMessage]) -> list[Settlement]:
        sizes.append(len(messages))
        return settle_all(messages, Ack())

    await consume(queue, handle, lambda: not queue._stored)
    assert sizes == [1, 30, 30, 14]
    assert sorted(queue.deleted_at_once) == [1, 4, *[10] * 7]


async def test_run_handles_as_many_batches_at_once_as_its_concurrency_allows() -> None:
    queue = CountingQueue()
    await put(queue, 200)
    now, most = 0, 0

    async def handle(messages: Sequence[ReceivedMessage]) -> list[Settlement]:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1
        return settle_all(messages, Ack())

    await consume(queue, handle, lambda: not queue._stored)
    assert most == 2


async def test_run_settles_each_message_by_its_own_outcome() -> None:
    dead_letters = MemoryQueue()
    queue = CountingQueue(dead_letters)
    await put(queue, 3)
    outcomes: dict[str, Outcome] = {"0": Ack(), "1": RetryAfter(100), "2": DeadLetter("bad")}

    async def handle(messages: Sequence[ReceivedMessage]) -> list[Settlement]:
        return [Settlement(outcomes[message.body]) for message in messages]

    await consume(queue, handle, lambda: bool(dead_letters._stored) and len(queue._stored) == 1)
    assert [stored.message.body for stored in queue._stored.values()] == ["1"]
    assert (await queue.depth()).in_flight == 1


async def test_run_handler_that_raises_leaves_the_batch_for_redelivery() -> None:
    queue = CountingQueue()
    await put(queue, 3)
    calls = 0

    async def handle(_messages: Sequence[ReceivedMessage]) -> list[Settlement]:
        nonlocal calls
        calls += 1
        raise ValueError("a bug")

    await consume(queue, handle, lambda: calls == 2)
    assert (await queue.depth()).in_flight == 3


async def test_run_message_whose_deletion_is_lost_is_delivered_again() -> None:
    queue = CountingQueue()
    queue.lost_deletes = 1
    await put(queue, 3)
    counts: list[list[int]] = []

    async def handle(messages: Sequence[ReceivedMessage]) -> list[Settlement]:
        counts.append([message.receive_count for message in messages])
        return settle_all(messages, Ack())

    options = ConsumerOptions(concurrency=60, visibility_s=1, wait_s=0.05)
    await consume(queue, handle, lambda: not queue._stored, options=options)
    assert counts == [[1], [1, 1], [2]]


async def test_run_message_that_ends_the_process_leaves_the_others_deliveries() -> None:
    """A process that dies with a batch costs each message of it one delivery; then the message at fault is alone."""
    dead_letters = MemoryQueue()
    queue, deaths, handled = CountingQueue(dead_letters), 0, dict[str, int]()
    await put(queue, 40)
    died = asyncio.Event()

    async def handle(messages: Sequence[ReceivedMessage]) -> list[Settlement]:
        if any(message.body == "7" for message in messages):
            died.set()
            await asyncio.Event().wait()  # until the process is gone
        handled.update({message.body: message.receive_count for message in messages})
        return settle_all(messages, Ack())

    options = ConsumerOptions(concurrency=60, visibility_s=1, wait_s=0.05)
    while deaths < 5:
        died.clear()
        consumer = QueueConsumer(queue, handle, batch_size=_SIZE, options=options, is_ready=always)
        process = asyncio.create_task(consumer.run(asyncio.Event()))
        await died.wait()
        process.cancel()
        await asyncio.gather(process, return_exceptions=True)
        deaths += 1
        await asyncio.sleep(1.1)  # until the messages are visible again
    await consume(queue, handle, lambda: not queue._stored, options=options)
    assert [stored.message.body for stored in dead_letters._stored.values()] == ["7"]
    assert len(handled) == 39
    assert max(handled.values()) <= 3


async def test_run_outage_of_a_dependency_stops_receiving_until_it_is_ready() -> None:
    queue = CountingQueue()
    await put(queue, 40)
    checks, seen = 0, list[int]()

    async def handle(messages: Sequence[ReceivedMessage]) -> list[Settlement]:
        seen.append(len(messages))
        return settle_all(messages, Ack() if checks else DependencyDown(0))

    async def is_ready() -> bool:
        nonlocal checks
        checks += 1
        return True

    await consume(queue, handle, lambda: not queue._stored, is_ready=is_ready)
    assert checks >= 1
    assert max(stored for stored in seen) <= _SIZE


async def test_run_keeps_every_message_of_a_long_batch_hidden() -> None:
    queue = CountingQueue()
    await put(queue, 3)
    handled = 0

    async def handle(messages: Sequence[ReceivedMessage]) -> list[Settlement]:
        nonlocal handled
        handled += len(messages)
        await asyncio.sleep(1.5)
        return settle_all(messages, Ack())

    options = ConsumerOptions(concurrency=60, visibility_s=1, wait_s=0.05)
    await consume(queue, handle, lambda: not queue._stored, options=options)
    assert handled == 3
    assert len(set(queue.extended)) == 3


async def test_run_stopped_while_it_receives_returns_the_messages() -> None:
    queue, stop = CountingQueue(), asyncio.Event()

    async def handle(_messages: Sequence[ReceivedMessage]) -> list[Settlement]:
        raise AssertionError("no message may start after the stop")

    consumer = QueueConsumer(
        queue, handle, batch_size=_SIZE, is_ready=always, options=ConsumerOptions(concurrency=60, wait_s=5)
    )
    running = asyncio.create_task(consumer.run(stop))
    await asyncio.sleep(0.05)
    stop.set()
    await put(queue, 12)
    await running
    assert (await queue.depth()).visible == 12


async def test_collects_messages_that_arrive_soon_until_the_batch_is_full_or_the_time_is_over() -> None:
    queue, sizes = MemoryQueue(), list[int]()

    async def handle(messages: Sequence[ReceivedMessage]) -> list[Settlement]:
        sizes.append(len(messages))
        return settle_all(messages, Ack())

    async def put_slowly() -> None:
        for _ in range(4):
            await put(queue, 10)
            await asyncio.sleep(0.05)

    consumer = QueueConsumer(queue, handle, batch_size=_SIZE, options=OPTIONS, is_ready=always, collect_s=5)
    consumer._is_careful = False
    stop = asyncio.Event()
    running = asyncio.create_task(consumer.run(stop))
    await put_slowly()
    async with asyncio.timeout(60):
        while queue._stored and sum(sizes) < _SIZE:  # noqa: ASYNC110 - two kinds of state
            await asyncio.sleep(0.01)
    assert sizes[0] == _SIZE
    running.cancel()
    await asyncio.wait([running])
