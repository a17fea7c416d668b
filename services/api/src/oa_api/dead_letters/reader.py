"""Dead letters for the page: those last read of a queue, read again in the background, so that no page waits."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import structlog
from aiohttp import web

from oa_api.db.counting import Total
from oa_api.dead_letters.dead_letter import DeadLetterFilter, DeadLetterMessage, read_dead_letter
from oa_api.dead_letters.dead_letters import MAX_PEEKED, peek_rarely
from oa_shared.queue import Queue, QueueUnavailableError

log = structlog.get_logger()
# How long a page waits for a read; a queue that answers at once is shown without waiting.
_WAIT_S = 0.05
_MAX_AGE = timedelta(seconds=60)
# A page shows the start of a message: a thousand messages of SQS may have 256 MB.
_MAX_BODY_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class DeadLetterView:
    """The dead letters that a filter selects, as they were at `read_at`; None if the queue has not answered yet.

    `is_being_read`: a newer read is under way. `problem` is the reason why the latest one failed.
    """

    messages: list[DeadLetterMessage]
    total: Total
    read_at: datetime | None
    is_being_read: bool
    problem: str


@dataclass(frozen=True, slots=True)
class _Snapshot:
    messages: list[DeadLetterMessage]
    read_at: datetime


class DeadLetterReader:
    """Reads dead-letter queues in the background, each once at a time."""

    def __init__(self) -> None:
        self._snapshots: dict[Queue, _Snapshot] = {}
        self._reads: dict[Queue, asyncio.Task[None]] = {}
        self._problems: dict[Queue, str] = {}

    async def view(self, queue: Queue, dead_letter_filter: DeadLetterFilter) -> DeadLetterView:
        """Return the known dead letters within 50 ms, and start to read them again."""
        read = self._reads.get(queue)
        if read is None:
            read = self._reads[queue] = asyncio.create_task(self._read(queue))
        await asyncio.wait({read}, timeout=_WAIT_S)
        snapshot = self._snapshots.get(queue)
        if snapshot is None or datetime.now(UTC) - snapshot.read_at > _MAX_AGE:
            return DeadLetterView([], Total(0), None, not read.done(), self._problems.get(queue, ""))
        selected = [message for message in snapshot.messages if dead_letter_filter.selects(message)]
        total = Total(len(selected), is_estimate=len(snapshot.messages) >= MAX_PEEKED)
        return DeadLetterView(selected, total, snapshot.read_at, not read.done(), self._problems.get(queue, ""))

    async def forget(self, queue: Queue) -> None:
        """Forget the messages of a queue, because an action has changed it."""
        self._snapshots.pop(queue, None)
        await _cancel([read] if (read := self._reads.pop(queue, None)) else [])

    async def close(self) -> None:
        """End all reads; their messages return to the queues."""
        await _cancel(list(self._reads.values()))

    async def _read(self, queue: Queue) -> None:
        try:
            messages = [_shorten(read_dead_letter(message)) for message in await peek_rarely(queue)]
            self._snapshots[queue] = _Snapshot(messages, datetime.now(UTC))
            self._problems.pop(queue, None)
        except QueueUnavailableError as error:
            log.warning("dead_letters_not_read", error=error.detail)
            self._problems[queue] = error.detail
        finally:
            if self._reads.get(queue) is asyncio.current_task():
                del self._reads[queue]


READER: web.AppKey[DeadLetterReader] = web.AppKey("dead_letter_reader", DeadLetterReader)


def set_up_dead_letters(app: web.Application) -> None:
    """Create the reader, which ends with the application."""
    app[READER] = DeadLetterReader()
    app.on_cleanup.append(_close_reader)


async def _close_reader(app: web.Application) -> None:
    await app[READER].close()


async def _cancel(reads: Sequence[asyncio.Task[None]]) -> None:
    for read in reads:
        read.cancel()
    await asyncio.gather(*reads, return_exceptions=True)


def _shorten(message: DeadLetterMessage) -> DeadLetterMessage:
    """Return a message without most of a long body, which is then not shown decoded."""
    if len(message.body) <= _MAX_BODY_CHARACTERS:
        return message
    return replace(message, body=message.body[:_MAX_BODY_CHARACTERS], message=None)
