"""The consumer of the results queue."""

import asyncio
from functools import partial

import structlog

from oa_api.db.database import Database, Transaction
from oa_api.db.errors import StoreError, StoreUnavailableError
from oa_api.db.query_files import load_queries
from oa_api.jobs.results import ForeignReportError, apply_event, apply_status
from oa_api.jobs.stored_result import StoredResultError, complete
from oa_api.metrics import RESULTS
from oa_shared.consumer import Ack, Consumer, ConsumerOptions, DeadLetter, DependencyDown, Outcome, RetryAfter
from oa_shared.fault_points import fault_point
from oa_shared.messages import BatchEvent, StatusMessage, UnreadableMessageError, parse_result_message
from oa_shared.queue import Queue, ReceivedMessage
from oa_shared.storage import Storage, StorageUnavailableError
from oa_shared.tracing import trace_id

log = structlog.get_logger()
_SQL = load_queries("jobs.results_consumer")
_POLL_S = 5.0
_DATABASE_RETRY_S = 5
# An outage of S3 concerns only the few messages whose result is there: the others continue.
_STORAGE_RETRY_S = 60
_CONCURRENCY = 8


class ResultsHandler:
    """Applies each message in one transaction. A message that it cannot apply becomes a dead letter at once.

    Without a `storage`, messages whose result is on S3 become dead letters too, and the sweep applies the result.
    """

    def __init__(self, database: Database, *, grace_s: float, storage: Storage | None = None) -> None:
        self._database = database
        self._storage = storage
        self._grace_s = grace_s

    async def __call__(self, message: ReceivedMessage) -> Outcome:
        """Apply the message, and acknowledge it only after the transaction."""
        try:
            parsed = parse_result_message(message.body)
        except UnreadableMessageError as error:
            return DeadLetter(error.detail)
        if isinstance(parsed, StatusMessage):
            structlog.contextvars.bind_contextvars(
                job_id=parsed.job, attempt=parsed.attempt, request_id=trace_id(parsed.traceparent)
            )
        try:
            if isinstance(parsed, StatusMessage) and parsed.result_stored:
                parsed = await self._complete(parsed)
            outcome = await self._database.run(partial(self._apply, message=parsed))
        except StorageUnavailableError as error:
            log.warning("result_waiting", error=error.detail)
            return RetryAfter(_STORAGE_RETRY_S)
        except StoreUnavailableError as error:
            log.warning("result_waiting", error=error.detail)
            return DependencyDown(_DATABASE_RETRY_S)
        except (ForeignReportError, StoredResultError, StoreError) as error:
            if error.retryable:
                return RetryAfter(_DATABASE_RETRY_S)
            return DeadLetter(error.detail)
        fault_point("consumer.after_commit")
        RESULTS.labels(outcome).inc()
        log.info("result_applied", kind=parsed.kind, status=str(parsed.status), outcome=outcome)
        return Ack()

    async def _complete(self, message: StatusMessage) -> StatusMessage:
        if self._storage is None:
            raise StoredResultError("the result is on S3, which this process cannot read")
        return await complete(self._storage, message)

    async def _apply(self, transaction: Transaction, message: StatusMessage | BatchEvent) -> str:
        if isinstance(message, StatusMessage):
            outcome = await apply_status(transaction, message)
        else:
            outcome = await apply_event(transaction, message, grace_s=self._grace_s)
        fault_point("consumer.before_commit")
        return outcome


async def run_results_consumer(
    database: Database,
    queue: Queue,
    stop: asyncio.Event,
    *,
    storage: Storage | None = None,
    grace_s: float = 120,
    visibility_s: int = 60,
) -> None:
    """Apply the messages of the results queue until `stop` is set."""

    async def is_ready() -> bool:
        try:
            await database.first(_SQL["ping"], into=int)
        except StoreUnavailableError as error:
            log.warning("database_not_ready", error=error.detail)
            return False
        return True

    handler = ResultsHandler(database, grace_s=grace_s, storage=storage)
    options = ConsumerOptions(concurrency=_CONCURRENCY, visibility_s=visibility_s, wait_s=_POLL_S)
    await Consumer(queue, handler, name="results", options=options, is_ready=is_ready).run(stop)
