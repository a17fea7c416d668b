"""The consumer loop: bounded concurrency, outages, heartbeats and stopping."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from oa_shared.consumer import ConsumerOptions
from oa_shared.outcomes import Ack, DeadLetter, DependencyDown, Outcome, RetryAfter
from oa_shared.queue import OutgoingMessage, ReceivedMessage
from support.consuming import Handler, run_until, single_consumer
from support.fakes.memory_queue import MemoryQueue

pytestmark = pytest.mark.usefixtures("no_real_time")

OPTIONS = ConsumerOptions(concurrency=3, visibility_s=30, wait_s=0.05)


async def put(queue: MemoryQueue, count: int) -> None:
    for number in range(count):
        await queue.send_batch([OutgoingMessage(str(number))])


async def consume(
    queue: MemoryQueue,
    handle: Handler,
    until: Callable[[], bool],
    *,
    options: ConsumerOptions = OPTIONS,
    is_ready: Callable[[], Awaitable[bool]] | None = None,
) -> None:
    consumer = (
        single_consumer(queue, handle, options=options, is_ready=is_ready)
        if is_ready
        else single_consumer(queue, handle, options=options)
    )
    await run_until(consumer, until)


async def test_run_handles_at_most_its_concurrency_at_once() -> None:
    queue = MemoryQueue()
    await put(queue, 12)
    now, most, handled = 0, 0, 0

    async def handle(_message: ReceivedMessage) -> Outcome:
        nonlocal now, most, handled
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now, handled = now - 1, handled + 1
        return Ack()

    await consume(queue, handle, lambda: handled == 12)
    assert most == 3
    assert (await queue.depth()).visible == 0


async def test_run_message_retried_five_times_becomes_a_dead_letter() -> None:
    dead_letters = MemoryQueue()
    queue = MemoryQueue(dead_letters=dead_letters)
    await put(queue, 1)
    seen: list[int] = []

    async def handle(message: ReceivedMessage) -> Outcome:
        seen.append(message.receive_count)
        return RetryAfter(0)

    await consume(queue, handle, lambda: bool(dead_letters._stored))
    assert seen == [1, 2, 3, 4, 5]


async def test_run_handler_that_raises_keeps_the_message_for_redelivery() -> None:
    queue = MemoryQueue()
    await put(queue, 1)
    calls = 0

    async def handle(_message: ReceivedMessage) -> Outcome:
        nonlocal calls
        calls += 1
        raise ValueError("a bug")

    await consume(queue, handle, lambda: calls == 1)
    depth = await queue.depth()
    assert depth.visible == 0
    assert depth.in_flight == 1


async def test_run_dead_letter_outcome_moves_the_message_with_its_reason() -> None:
    dead_letters = MemoryQueue()
    queue = MemoryQueue(dead_letters=dead_letters)
    await put(queue, 1)

    async def handle(_message: ReceivedMessage) -> Outcome:
        return DeadLetter("not JSON")

    await consume(queue, handle, lambda: bool(dead_letters._stored))
    (message,) = await dead_letters.receive(1, 0, 30)
    assert message.attributes["reason"] == "not JSON"


async def test_run_outage_of_a_dependency_costs_one_delivery_regardless_of_its_duration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("oa_shared.consumer._MAX_BACKOFF_S", 0.01)
    queue = MemoryQueue(dead_letters=MemoryQueue())
    await put(queue, 1)
    is_up, checks, counts = False, 0, list[int]()

    async def handle(message: ReceivedMessage) -> Outcome:
        counts.append(message.receive_count)
        return Ack() if is_up else DependencyDown(1)

    async def is_ready() -> bool:
        nonlocal is_up, checks
        checks += 1
        is_up = checks > 20
        return is_up

    await consume(queue, handle, lambda: is_up and len(counts) > 1, is_ready=is_ready)
    assert counts == [1, 2]


async def test_run_waits_for_an_unavailable_queue() -> None:
    queue = MemoryQueue()
    await put(queue, 1)
    queue.is_down = True
    handled: list[str] = []

    async def handle(message: ReceivedMessage) -> Outcome:
        handled.append(message.body)
        return Ack()

    asyncio.get_running_loop().call_later(0.2, setattr, queue, "is_down", False)
    await consume(queue, handle, lambda: handled == ["0"])


async def test_run_heartbeat_keeps_the_message_of_a_slow_handler() -> None:
    queue = MemoryQueue()
    await put(queue, 1)
    counts: list[int] = []

    async def handle(message: ReceivedMessage) -> Outcome:
        counts.append(message.receive_count)
        await asyncio.sleep(1.6)
        return Ack()

    options = ConsumerOptions(concurrency=3, visibility_s=1, wait_s=0.05)
    await consume(queue, handle, lambda: len(queue._stored) == 0, options=options)
    assert counts == [1]


async def test_run_heartbeat_stops_at_the_maximum_time() -> None:
    queue = MemoryQueue()
    await put(queue, 1)
    counts: list[int] = []

    async def handle(message: ReceivedMessage) -> Outcome:
        counts.append(message.receive_count)
        if message.receive_count == 1:
            await asyncio.sleep(2)
        return Ack()

    options = ConsumerOptions(concurrency=3, visibility_s=1, wait_s=0.05, max_held_s=1.0)
    await consume(queue, handle, lambda: len(queue._stored) == 0, options=options)
    assert counts == [1, 2]


async def test_run_stopped_during_a_long_poll_returns_received_messages() -> None:
    queue = MemoryQueue()
    stop, handled = asyncio.Event(), list[str]()

    async def handle(message: ReceivedMessage) -> Outcome:
        handled.append(message.body)
        return Ack()

    running = asyncio.create_task(single_consumer(queue, handle, options=ConsumerOptions(wait_s=5)).run(stop))
    await asyncio.sleep(0.05)
    stop.set()
    await put(queue, 1)
    async with asyncio.timeout(60):
        await running
    assert handled == []
    assert (await queue.depth()).visible == 1


async def test_run_stopped_finishes_started_messages() -> None:
    queue = MemoryQueue()
    await put(queue, 1)
    started, stop = asyncio.Event(), asyncio.Event()

    async def handle(_message: ReceivedMessage) -> Outcome:
        started.set()
        await asyncio.sleep(0.2)
        return Ack()

    running = asyncio.create_task(single_consumer(queue, handle, options=OPTIONS).run(stop))
    await started.wait()
    stop.set()
    async with asyncio.timeout(60):
        await running
    assert queue._stored == {}
