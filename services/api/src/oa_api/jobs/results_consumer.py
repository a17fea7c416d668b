"""The consumer of the results queue."""

import asyncio
import time

import structlog

from oa_api.background.heartbeat import CONSUMER, record_heartbeat
from oa_api.db.database import Database, Transaction
from oa_api.db.errors import StoreUnavailableError
from oa_api.jobs.results import apply_event, apply_status
from oa_api.metrics import RESULTS
from oa_shared.consumer import Ack, Consumer, ConsumerOptions, DeadLetter, DependencyDown, Outcome
from oa_shared.fault_points import fault_point
from oa_shared.messages import StatusMessage, UnreadableMessageError, parse_result_message
from oa_shared.queue import Queue, ReceivedMessage
from oa_shared.tracing import trace_id

log = structlog.get_logger()
_BEAT_S = 5.0
_DATABASE_AWAY_S = 5
_CONCURRENCY = 8


class ResultsHandler:
    """Turns one message into one transaction."""

    def __init__(self, database: Database, *, grace_s: float) -> None:
        self._database = database
        self._grace_s = grace_s

    async def __call__(self, message: ReceivedMessage) -> Outcome:
        """Apply the message; it is acknowledged only after the transaction."""
        try:
            parsed = parse_result_message(message.body)
        except UnreadableMessageError as error:
            return DeadLetter(error.detail)

        async def work(transaction: Transaction) -> str:
            if isinstance(parsed, StatusMessage):
                outcome = await apply_status(transaction, parsed)
            else:
                outcome = await apply_event(transaction, parsed, grace_s=self._grace_s)
            fault_point("consumer.before_commit")
            return outcome

        if isinstance(parsed, StatusMessage):
            structlog.contextvars.bind_contextvars(
                job_id=parsed.job, attempt=parsed.attempt, request_id=trace_id(parsed.traceparent)
            )
        try:
            outcome = await self._database.run(work)
        except StoreUnavailableError as error:
            log.warning("result_waits", error=error.detail)
            return DependencyDown(_DATABASE_AWAY_S)
        fault_point("consumer.after_commit")
        RESULTS.labels(outcome).inc()
        log.info("result_applied", kind=parsed.kind, status=str(parsed.status), outcome=outcome)
        return Ack()


async def run_results_consumer(
    database: Database, queue: Queue, stop: asyncio.Event, *, grace_s: float = 120, visibility_s: int = 60
) -> None:
    """Apply what comes over the results queue until `stop` is set."""
    beaten = 0.0

    async def is_ready() -> bool:
        try:
            await record_heartbeat(database, CONSUMER)
        except StoreUnavailableError as error:
            log.warning("heartbeat_not_written", error=error.detail)
            return False
        return True

    async def on_poll() -> None:
        nonlocal beaten
        if time.monotonic() - beaten > _BEAT_S and await is_ready():
            beaten = time.monotonic()

    handler = ResultsHandler(database, grace_s=grace_s)
    options = ConsumerOptions(concurrency=_CONCURRENCY, visibility_s=visibility_s, wait_s=_BEAT_S)
    await Consumer(queue, handler, name="results", options=options, on_poll=on_poll, is_ready=is_ready).run(stop)
