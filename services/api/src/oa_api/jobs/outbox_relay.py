"""The outbox relay: what was written with a job is sent to the jobs queue, at least once, in batches of ten."""

import asyncio
import time

import structlog

from oa_api.background.heartbeat import RELAY, record_heartbeat
from oa_api.background.loop import run_loop
from oa_api.db.database import Database, Row
from oa_api.db.query_files import load_queries
from oa_api.metrics import RELAYED
from oa_api.pauses import pauses
from oa_shared.fault_points import fault_point
from oa_shared.messages import REPUBLISHED
from oa_shared.queue import MAX_BATCH, OutgoingMessage, Queue, QueueUnavailableError

log = structlog.get_logger()
_SQL = load_queries("jobs.outbox_relay")
_TAKEN_AT_ONCE = 100
_BEAT_S = 5.0


async def run_relay(database: Database, queue: Queue, stop: asyncio.Event, *, every_s: float = 0.5) -> None:
    """Send what waits in the outbox until `stop` is set."""
    beaten = 0.0

    async def work() -> bool:
        nonlocal beaten
        await pauses.release(database)
        sent = await relay_once(database, queue)
        if time.monotonic() - beaten > _BEAT_S:
            await record_heartbeat(database, RELAY)
            beaten = time.monotonic()
        return sent > 0

    await run_loop(RELAY, work, stop, every_s=every_s)


async def relay_once(database: Database, queue: Queue) -> int:
    """Send up to 100 messages and mark exactly those that the queue accepted; what is paused is put aside.

    Returns how many it dealt with.
    """
    async with database.transaction() as transaction:
        taken = await transaction.all(_SQL["take_unsent"], {"limit": _TAKEN_AT_ONCE})
        if not taken:
            return 0
        rows = await pauses.hold_back(transaction, taken)
        chunks = [rows[start : start + MAX_BATCH] for start in range(0, len(rows), MAX_BATCH)]
        accepted = await asyncio.gather(*(_send(queue, chunk) for chunk in chunks))
        ids = [row_id for chunk in accepted for row_id in chunk]
        fault_point("relay.after_send")
        if ids:
            await transaction.execute(_SQL["mark_sent"], {"ids": ids})
        fault_point("relay.before_commit")
    RELAYED.labels("sent").inc(len(ids))
    RELAYED.labels("refused").inc(len(rows) - len(ids))
    RELAYED.labels("held").inc(len(taken) - len(rows))
    log.info("messages_relayed", sent=len(ids), refused=len(rows) - len(ids), held=len(taken) - len(rows))
    return len(taken) - len(rows) + len(ids)


async def _send(queue: Queue, rows: list[Row]) -> list[int]:
    try:
        flags = await queue.send_batch([_message(row) for row in rows])
    except QueueUnavailableError as error:
        log.warning("messages_not_relayed", messages=len(rows), error=error.detail)
        return []
    return [row["id"] for row, accepted in zip(rows, flags, strict=True) if accepted]


def _message(row: Row) -> OutgoingMessage:
    return OutgoingMessage(row["body"], attributes={REPUBLISHED: "yes"} if row["sent_before"] else {})
