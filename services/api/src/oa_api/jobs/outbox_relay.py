"""The outbox relay: sends the outbox to the jobs queue, at least once, in batches of ten that alternate between runs.

A message that the queue refuses never holds another: it is tried again with growing pauses, then its job fails.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from oa_api.background.heartbeat import RELAY
from oa_api.background.loop import run_loop
from oa_api.background.takes import TakenKind, take_items
from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.jobs.undeliverable import UndeliverableMessage, abandon_message
from oa_api.metrics import RELAYED
from oa_api.pauses import pauses
from oa_shared.carriers import why_not_queued
from oa_shared.fault_points import fault_point
from oa_shared.messages import REPUBLISHED, to_ascii
from oa_shared.queue import MAX_BATCH, OutgoingMessage, Queue, QueueUnavailableError

log = structlog.get_logger()
_SQL = load_queries("jobs.outbox_relay")
_CLAIM_LIMIT, _PASSES_AHEAD = 100, 5
# With the pauses of 0, 1, 3, 7, … s, a job fails eight minutes after the first refusal of its message.
MAX_TRIES = 10
_LONGEST_PAUSE_S = 300
# The jobs queue has no order between runs, the outbox has one, so that few messages wait on the queue: at 20
# submissions a second, a new pull request waits 25 s behind a run of any size.
MAX_AHEAD = 500
# The sweep sends a message again after 15 minutes; messages that the queue has lost must not count for longer.
_AHEAD_FOR_S = 900


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message that is due; `paused_by` is the pause that applies to its job, `tries` its refusals so far.

    A message is obsolete when its job has ended or has a later attempt.
    """

    id: int
    job: int
    attempt: int
    body: str
    tries: int
    paused_by: int | None
    is_obsolete: bool
    sent_before: bool

    @property
    def message(self) -> OutgoingMessage:
        """Return the message for the queue."""
        return OutgoingMessage(to_ascii(self.body), attributes={REPUBLISHED: "yes"} if self.sent_before else {})


@dataclass(frozen=True, slots=True)
class OutboxBacklog:
    """The number of messages that wait, the age of the oldest, and for how long none got on; None without messages."""

    age_s: float | None
    waiting: int
    stalled_s: float | None


@dataclass(slots=True)
class _Sending:
    """What became of the messages of one pass, each refused one with its reason; `never` are those no queue takes."""

    sent: list[int] = field(default_factory=list)
    unanswered: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)
    never: set[int] = field(default_factory=set)


async def get_backlog(database: Database) -> OutboxBacklog:
    """Return how many messages wait to be sent, and for how long."""
    return await database.first(_SQL["oldest_unsent"], into=OutboxBacklog) or OutboxBacklog(None, 0, None)


async def stalled_for(database: Database) -> float:
    """Return for how many seconds messages have waited while none was sent, or a refused one has waited."""
    return await database.first(_SQL["stalled"], into=float) or 0.0


async def run_relay(
    database: Database, queue: Queue, stop: asyncio.Event, *, every_s: float = 0.5, max_ahead: int = MAX_AHEAD
) -> None:
    """Send due messages until `stop` is set, at most `max_ahead` before the dispatcher has submitted their jobs."""

    async def work() -> bool:
        await pauses.release(database)
        ahead = await database.first(_SQL["ahead"], {"most": max_ahead, "within_s": _AHEAD_FOR_S}, into=int) or 0
        room = min(max(_CLAIM_LIMIT, max_ahead // _PASSES_AHEAD), max_ahead - ahead)
        return room > 0 and await relay_once(database, queue, limit=room) > 0

    await run_loop(RELAY, work, stop, every_s=every_s)


async def relay_once(database: Database, queue: Queue, *, limit: int = _CLAIM_LIMIT) -> int:
    """Send about `limit` messages and mark exactly those that the queue accepted; set messages of paused jobs aside.

    Deletes obsolete messages. Refused messages are tried again later; after ten tries, or at once when no queue takes
    such a message, the job fails. Returns how many messages were sent or set aside.
    """
    async with database.transaction() as transaction:
        rows = await transaction.all(_SQL["claim_unsent"], {"limit": limit}, into=OutboxRow)
        if not rows:
            return 0
        obsolete = [row for row in rows if row.is_obsolete]
        paused = {row.id: row.paused_by for row in rows if row.paused_by is not None and not row.is_obsolete}
        if paused:
            await pauses.set_aside(transaction, list(paused), list(paused.values()))
        due = [row for row in rows if row.paused_by is None and not row.is_obsolete]
        async with take_items(database, TakenKind.MESSAGE, [str(row.id) for row in due]) as taken:
            sending = await _send(queue, [row for row in due if str(row.id) in taken.now])
            fault_point("relay.after_send")
            abandoned = [row.id for row in due if str(row.id) in taken.abandoned]
            sending.refused |= dict.fromkeys(abandoned, "the process ended each time")
            sending.never.update(abandoned)
            await _record(transaction, sending, obsolete)
            fault_point("relay.before_commit")
    _count(sending, paused=len(paused), obsolete=len(obsolete))
    for row in due:
        if row.id in sending.never or (row.id in sending.refused and row.tries + 1 >= MAX_TRIES):
            message = UndeliverableMessage(row.id, row.job, row.attempt, row.tries + 1, sending.refused[row.id])
            await abandon_message(database, message)
    return len(paused) + len(sending.sent)


async def _record(transaction: Transaction, sending: _Sending, obsolete: Sequence[OutboxRow]) -> None:
    if sending.sent:
        await transaction.execute(_SQL["mark_sent"], {"ids": sending.sent})
    if sending.refused:
        values = {"ids": list(sending.refused), "longest_s": _LONGEST_PAUSE_S}
        await transaction.execute(_SQL["postpone_refused"], values)
    if obsolete:
        await transaction.execute(_SQL["delete_messages"], {"ids": [row.id for row in obsolete]})


async def _send(queue: Queue, due: Sequence[OutboxRow]) -> _Sending:
    """Send the messages in batches.

    When the queue answers for some batches only, the messages of the others count as refused: the queue works.
    """
    sending, takeable = _Sending(), []
    for row in due:
        message = row.message
        reason = why_not_queued(message.body, message.attributes)
        if reason:
            sending.refused[row.id] = reason
            sending.never.add(row.id)
        else:
            takeable.append((row.id, message))
    batches = [takeable[start : start + MAX_BATCH] for start in range(0, len(takeable), MAX_BATCH)]
    await asyncio.gather(*(_send_batch(queue, batch, sending) for batch in batches))
    if sending.sent:
        sending.refused |= dict.fromkeys(sending.unanswered, "the queue did not answer")
    return sending


async def _send_batch(queue: Queue, batch: Sequence[tuple[int, OutgoingMessage]], sending: _Sending) -> None:
    ids = [row_id for row_id, _ in batch]
    try:
        flags = await queue.send_batch([message for _, message in batch])
    except QueueUnavailableError as error:
        log.warning("messages_not_relayed", messages=len(batch), error=error.detail)
        sending.unanswered += ids
        return
    sending.sent += [row_id for row_id, accepted in zip(ids, flags, strict=True) if accepted]
    sending.refused |= {row_id: "the queue refused it" for row_id, flag in zip(ids, flags, strict=True) if not flag}


def _count(sending: _Sending, *, paused: int, obsolete: int) -> None:
    counts = {"sent": len(sending.sent), "refused": len(sending.refused), "paused": paused, "obsolete": obsolete}
    for outcome, messages in counts.items():
        RELAYED.labels(outcome).inc(messages)
    log.info("messages_relayed", **counts)
