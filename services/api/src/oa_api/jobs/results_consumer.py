"""The consumer of the results queue."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from oa_api.db.database import Database, Transaction
from oa_api.db.errors import StoreError, StoreUnavailableError
from oa_api.db.query_files import load_queries
from oa_api.jobs.array_events import name_attempts, place_of
from oa_api.jobs.result_batches import (
    MAX_MESSAGES,
    AppliedMessage,
    ResultMessage,
    apply_batch,
    places_by_job,
)
from oa_api.jobs.results import LOG_IDS, ForeignReportError, apply_event, apply_status
from oa_api.jobs.stored_result import StoredResultError, complete
from oa_api.metrics import RESULTS
from oa_shared.consumer import ConsumerOptions, QueueConsumer
from oa_shared.errors import OaError
from oa_shared.fault_points import fault_point
from oa_shared.messages import BatchEvent, StatusMessage, UnreadableMessageError, parse_result_message
from oa_shared.outcomes import REDELIVERY_S, Ack, DeadLetter, DependencyDown, Outcome, RetryAfter, Settlement
from oa_shared.queue import Queue, ReceivedMessage
from oa_shared.storage import Storage, StorageUnavailableError
from oa_shared.tracing import trace_id

log = structlog.get_logger()
_SQL = load_queries("jobs.results_consumer")
_POLL_S = 5.0
_DATABASE_RETRY_S = 5
# An outage of S3 concerns only the few messages whose result is there: the others continue.
_STORAGE_RETRY_S = 60
# While a batch waits for the database, the next one is read.
_BATCHES = 2
_ALONE_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class _Reading:
    """A parsed message, or the reason why it cannot be applied."""

    message: ResultMessage | None
    outcome: Outcome | None = None


class ResultsHandler:
    """Applies messages, a batch in one transaction. A message that it cannot apply becomes a dead letter at once.

    Without a `storage`, messages whose result is on S3 become dead letters too, and the sweep applies the result.
    """

    def __init__(self, database: Database, *, grace_s: float, storage: Storage | None = None) -> None:
        self._database = database
        self._storage = storage
        self._grace_s = grace_s

    async def apply_batch(self, messages: Sequence[ReceivedMessage]) -> list[Settlement]:
        """Apply messages in one transaction, and return how to settle each after it.

        What the batch leaves out, or all of it if the transaction fails, is applied message by message: one message
        never decides about another. While the database is down, all messages wait.
        """
        read = await asyncio.gather(*(self._read(message) for message in messages))
        readings = await self._name_children(read)
        parsed = {place: reading.message for place, reading in enumerate(readings) if reading.message is not None}
        settlements = {
            place: Settlement(reading.outcome) for place, reading in enumerate(readings) if reading.outcome is not None
        }
        settlements |= await self._apply_together(parsed)
        left = {place: message for place, message in parsed.items() if place not in settlements}
        settlements |= await self._apply_each(left)
        return [settlements[place] for place in range(len(messages))]

    async def _read(self, message: ReceivedMessage) -> _Reading:
        """Parse a message, and get the result that is on S3."""
        try:
            parsed = parse_result_message(message.body)
            if isinstance(parsed, StatusMessage) and parsed.result_stored:
                parsed = await self._complete(parsed)
        except StorageUnavailableError as error:
            log.warning("result_waiting", error=error.detail)
            return _Reading(None, RetryAfter(_STORAGE_RETRY_S))
        except (UnreadableMessageError, StoredResultError) as error:
            return _Reading(None, _outcome_of_error(error))
        return _Reading(parsed)

    async def _name_children(self, readings: Sequence[_Reading]) -> list[_Reading]:
        """Return the messages, with the ends of children of array jobs as those of their attempts."""
        events = {
            place: reading.message
            for place, reading in enumerate(readings)
            if isinstance(reading.message, BatchEvent) and place_of(reading.message) is not None
        }
        if not events:
            return list(readings)
        try:
            named = await name_attempts(self._database, events)
        except StoreUnavailableError as error:
            log.warning("result_waiting", error=error.detail)
            waiting = _Reading(None, DependencyDown(_DATABASE_RETRY_S))
            return [waiting if place in events else reading for place, reading in enumerate(readings)]
        return [_Reading(named[place]) if place in named else reading for place, reading in enumerate(readings)]

    async def _complete(self, message: StatusMessage) -> StatusMessage:
        if self._storage is None:
            raise StoredResultError("the result is on S3, which this process cannot read")
        return await complete(self._storage, message)

    async def _apply_together(self, messages: dict[int, ResultMessage]) -> dict[int, Settlement]:
        """Apply messages in one transaction; return the settlements of those that it decides, by place."""
        if len(messages) < 2:  # noqa: PLR2004 - a single message needs no batch
            return {}
        places = list(messages)
        try:
            applied = await self._database.run(partial(self._apply_batch, messages=list(messages.values())))
        except StoreUnavailableError as error:
            log.warning("result_waiting", error=error.detail)
            if await self.is_ready():
                return {}
            return {place: Settlement(DependencyDown(_DATABASE_RETRY_S)) for place in places}
        except Exception:
            # Applied individually, only the message at fault fails.
            log.warning("batch_not_applied", messages=len(messages), exc_info=True)
            return {}
        fault_point("consumer.after_commit")
        return {places[index]: _settle(messages[places[index]], done) for index, done in applied.items()}

    async def _apply_batch(
        self, transaction: Transaction, messages: Sequence[ResultMessage]
    ) -> dict[int, AppliedMessage]:
        applied = await apply_batch(transaction, messages, grace_s=self._grace_s)
        fault_point("consumer.before_commit")
        return applied

    async def _apply_each(self, messages: dict[int, ResultMessage]) -> dict[int, Settlement]:
        """Apply each message in its own transaction: those of one job in order, several jobs at once."""
        places, settlements = list(messages), dict[int, Settlement]()
        by_job = places_by_job(list(messages.values())).values()
        of_no_job = set(range(len(places))).difference(*by_job)
        permits = asyncio.Semaphore(_ALONE_AT_ONCE)

        async def apply_in_order(indexes: Sequence[int]) -> None:
            async with permits:
                for index in indexes:
                    settlements[places[index]] = await self._try_alone(messages[places[index]])

        await asyncio.gather(*(apply_in_order(indexes) for indexes in [*by_job, *([index] for index in of_no_job)]))
        return settlements

    async def _try_alone(self, message: ResultMessage) -> Settlement:
        try:
            return await self._apply_alone(message)
        except Exception:
            log.exception("message_failed")
            return Settlement(RetryAfter(REDELIVERY_S))

    async def _apply_alone(self, message: ResultMessage) -> Settlement:
        """Apply one message in its own transaction."""
        if isinstance(message, StatusMessage):
            structlog.contextvars.bind_contextvars(
                job_id=message.job, attempt=message.attempt, request_id=trace_id(message.traceparent)
            )
        try:
            outcome = await self._database.run(partial(self._apply, message=message))
        except StoreUnavailableError as error:
            log.warning("result_waiting", error=error.detail)
            return Settlement(DependencyDown(_DATABASE_RETRY_S))
        except (ForeignReportError, StoreError) as error:
            return Settlement(_outcome_of_error(error))
        fault_point("consumer.after_commit")
        bound = structlog.contextvars.get_contextvars()
        return _settle(message, AppliedMessage(outcome, {name: bound[name] for name in LOG_IDS if name in bound}))

    async def _apply(self, transaction: Transaction, message: ResultMessage) -> str:
        if isinstance(message, StatusMessage):
            outcome = await apply_status(transaction, message)
        else:
            outcome = await apply_event(transaction, message, grace_s=self._grace_s)
        fault_point("consumer.before_commit")
        return outcome

    async def is_ready(self) -> bool:
        """Return whether the database answers."""
        try:
            await self._database.first(_SQL["ping"], into=int)
        except StoreUnavailableError as error:
            log.warning("database_not_ready", error=error.detail)
            return False
        return True


def _settle(message: ResultMessage, applied: AppliedMessage) -> Settlement:
    """Record the outcome of a message, and return how to settle it."""
    with structlog.contextvars.bound_contextvars(**applied.log_ids):
        if isinstance(applied.outcome, OaError):
            return Settlement(_outcome_of_error(applied.outcome), applied.log_ids)
        RESULTS.labels(applied.outcome).inc()
        log.info("result_applied", kind=message.kind, status=str(message.status), outcome=applied.outcome)
        return Settlement(Ack(), applied.log_ids)


def _outcome_of_error(error: OaError) -> Outcome:
    return RetryAfter(_DATABASE_RETRY_S) if error.retryable else DeadLetter(error.detail)


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
    handler = ResultsHandler(database, grace_s=grace_s, storage=storage)
    consumer = QueueConsumer(
        queue,
        handler.apply_batch,
        batch_size=MAX_MESSAGES,
        options=ConsumerOptions(_BATCHES * MAX_MESSAGES, visibility_s, _POLL_S),
        name="results",
        is_ready=handler.is_ready,
    )
    await consumer.run(stop)
