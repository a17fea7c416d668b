"""The consumer of the services with a handler of single messages: batches of one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from oa_shared.consumer import ConsumerOptions, QueueConsumer
from oa_shared.outcomes import BatchHandler, Outcome, Settlement
from oa_shared.queue import Queue, ReceivedMessage

Handler = Callable[[ReceivedMessage], Awaitable[Outcome]]


async def _always() -> bool:
    return True


async def run_until(consumer: QueueConsumer, until: Callable[[], bool]) -> None:
    """Run a consumer until a condition holds, for ten seconds at most, and let it finish."""
    stop = asyncio.Event()
    running = asyncio.create_task(consumer.run(stop))
    async with asyncio.timeout(60):
        while not until():  # noqa: ASYNC110 - `until` checks many kinds of state
            await asyncio.sleep(0.01)
    stop.set()
    await running


async def handle_one(handle_batch: BatchHandler, message: ReceivedMessage) -> Outcome:
    """Handle a batch of one message and return its outcome."""
    (settlement,) = await handle_batch([message])
    return settlement.outcome


def single_consumer(
    queue: Queue,
    handle: Handler,
    *,
    options: ConsumerOptions | None = None,
    name: str = "queue",
    is_ready: Callable[[], Awaitable[bool]] = _always,
) -> QueueConsumer:
    """Return a consumer that handles messages one by one, at most `concurrency` at once."""

    async def handle_batch(messages: Sequence[ReceivedMessage]) -> list[Settlement]:
        return [Settlement(await handle(message)) for message in messages]

    return QueueConsumer(queue, handle_batch, batch_size=1, is_ready=is_ready, options=options, name=name)
