"""The outbox relay: sends the outbox to the jobs queue, at least once, in batches of ten."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from oa_api.background.heartbeat import RELAY
from oa_api.background.loop import run_loop
from oa_api.db.database import Database
from oa_api.db.query_files import load_queries
from oa_api.metrics import RELAYED
from oa_api.pauses import pauses
from oa_shared.fault_points import fault_point
from oa_shared.messages import REPUBLISHED
from oa_shared.queue import MAX_BATCH, OutgoingMessage, Queue, QueueUnavailableError

log = structlog.get_logger()
_SQL = load_queries("jobs.outbox_relay")
_CLAIM_LIMIT = 100


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message that is due; `paused_by` is the pause that applies to its job, if any."""

    id: int
    body: str
    paused_by: int | None
    sent_before: bool


@dataclass(frozen=True, slots=True)
class OutboxBacklog:
    """The number of messages that are due, and the age of the oldest in seconds; None without messages."""

    age_s: float | None
    waiting: int


async def get_backlog(database: Database) -> OutboxBacklog:
    """Return how many messages wait to be sent, and for how long."""
    return await database.first(_SQL["oldest_unsent"], into=OutboxBacklog) or OutboxBacklog(None, 0)


async def run_relay(database: Database, queue: Queue, stop: asyncio.Event, *, every_s: float = 0.5) -> None:
    """Send due messages until `stop` is set."""

    async def work() -> bool:
        await pauses.release(database)
        return await relay_once(database, queue) > 0

    await run_loop(RELAY, work, stop, every_s=every_s)


async def relay_once(database: Database, queue: Queue) -> int:
    """Send up to 100 messages and mark exactly those that the queue accepted; set messages of paused jobs aside.

    Returns how many messages were sent or set aside.
    """
    async with database.transaction() as transaction:
        rows = await transaction.all(_SQL["claim_unsent"], {"limit": _CLAIM_LIMIT}, into=OutboxRow)
        if not rows:
            return 0
        paused = {row.id: row.paused_by for row in rows if row.paused_by is not None}
        if paused:
            await pauses.set_aside(transaction, list(paused), list(paused.values()))
        due = [row for row in rows if row.paused_by is None]
        chunks = [due[start : start + MAX_BATCH] for start in range(0, len(due), MAX_BATCH)]
        accepted = await asyncio.gather(*(_send(queue, chunk) for chunk in chunks))
        sent_ids = [row_id for chunk in accepted for row_id in chunk]
        fault_point("relay.after_send")
        if sent_ids:
            await transaction.execute(_SQL["mark_sent"], {"ids": sent_ids})
        fault_point("relay.before_commit")
    _count(sent=len(sent_ids), refused=len(due) - len(sent_ids), paused=len(paused))
    return len(paused) + len(sent_ids)


def _count(*, sent: int, refused: int, paused: int) -> None:
    RELAYED.labels("sent").inc(sent)
    RELAYED.labels("refused").inc(refused)
    RELAYED.labels("paused").inc(paused)
    log.info("messages_relayed", sent=sent, refused=refused, paused=paused)


async def _send(queue: Queue, rows: Sequence[OutboxRow]) -> list[int]:
    """Return the IDs of the messages that the queue accepted."""
    try:
        flags = await queue.send_batch([_message(row) for row in rows])
    except QueueUnavailableError as error:
        log.warning("messages_not_relayed", messages=len(rows), error=error.detail)
        return []
    return [row.id for row, accepted in zip(rows, flags, strict=True) if accepted]


def _message(row: OutboxRow) -> OutgoingMessage:
    return OutgoingMessage(row.body, attributes={REPUBLISHED: "yes"} if row.sent_before else {})
