"""Messages per second of the relay and the results consumer, with an in-process queue and a real Postgres.

The baseline runs the same SQL statements on a plain connection, one transaction per batch or message.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import structlog
from report import Figure, show
from server import Bench, bench_database, statement

from oa_api.db.database import Database
from oa_api.db.query_files import load_queries
from oa_api.jobs.outbox_relay import relay_once
from oa_api.jobs.results_consumer import run_results_consumer
from oa_shared.messages import StatusMessage, dump
from oa_shared.queue import OutgoingMessage, ReceivedMessage
from oa_shared.status import JobStatus

MESSAGES = 2_000
BATCH = 100
_TOKEN = "0" * 32
_RELAY, _RESULTS = load_queries("jobs.outbox_relay"), load_queries("jobs.results")


class Taking:
    """A queue that accepts every message and keeps none, so that only the cost of the relay remains."""

    async def send_batch(self, messages: Sequence[OutgoingMessage]) -> list[bool]:
        return [True] * len(messages)


class Giving:
    """A queue of results that stops the consumer when the last one is acknowledged."""

    def __init__(self, bodies: list[str], stop: asyncio.Event) -> None:
        self._waiting = [ReceivedMessage(str(place), body, str(place)) for place, body in enumerate(bodies)]
        self._left = len(bodies)
        self._stop = stop

    async def receive(self, max_messages: int, _wait_s: float, _visibility_s: int) -> list[ReceivedMessage]:
        taken, self._waiting = self._waiting[:max_messages], self._waiting[max_messages:]
        if not taken:
            await asyncio.sleep(0.01)
        return taken

    async def delete_batch(self, receipts: Sequence[str]) -> None:
        self._left -= len(receipts)
        if not self._left:
            self._stop.set()


def fill(bench: Bench) -> None:
    """Write the jobs, attempts and outbox rows of the messages."""
    with closing(bench.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(statement("fill_pending"), {"jobs": 2 * MESSAGES, "token": _TOKEN})


async def relay(database: Database) -> float:
    """Relay half of the outbox and return messages per second."""
    began, sent = time.perf_counter(), 0
    while sent < MESSAGES:
        sent += await relay_once(database, Taking())  # type: ignore[arg-type] # all of a queue that the relay uses
    return sent / (time.perf_counter() - began)


def bare_relay(bench: Bench) -> float:
    """Run the relay's statements alone over the other half."""
    connection = bench.connect()
    connection.autocommit = False
    began, sent = time.perf_counter(), 0
    with connection, connection.cursor() as cursor:
        while sent < MESSAGES:
            cursor.execute(_RELAY["claim_unsent"], {"limit": BATCH})
            ids = [row["id"] for row in cursor.fetchall()]
            cursor.execute(_RELAY["mark_sent"], {"ids": ids})
            connection.commit()
            sent += len(ids)
    return sent / (time.perf_counter() - began)


def _running(job: int) -> str:
    message = StatusMessage(job=job, attempt=1, token=_TOKEN, seq=1, status=JobStatus.RUNNING, at=datetime.now(UTC))
    return dump(message)


async def consume(database: Database) -> float:
    """Apply results to the first half of the jobs and return messages per second."""
    stop = asyncio.Event()
    queue = Giving([_running(job) for job in range(1, MESSAGES + 1)], stop)
    began = time.perf_counter()
    await run_results_consumer(database, queue, stop)  # type: ignore[arg-type] # all of a queue that it uses
    return MESSAGES / (time.perf_counter() - began)


def bare_consume(bench: Bench) -> float:
    """Run the statements of one result alone, for the other half of the jobs, one after the other."""
    connection = bench.connect()
    connection.autocommit = False
    began = time.perf_counter()
    with connection, connection.cursor() as cursor:
        for job in range(MESSAGES + 1, 2 * MESSAGES + 1):
            for name, more in _STATEMENTS_OF_A_RESULT:
                cursor.execute(_RESULTS[name], {"job": job, "attempt": 1, "token": _TOKEN, **more})
            connection.commit()
    return MESSAGES / (time.perf_counter() - began)


_STATUS: dict[str, Any] = {
    "status": "Running",
    "rank": 2,
    "batch_job": None,
    "error_code": None,
    "error_message": None,
    "result": None,
    "kept_job": None,
    "kept_attempt": None,
}
_EVENT: dict[str, Any] = {"kind": "job.status", "accepted": True, "reason": None, "detail": None}
_STATEMENTS_OF_A_RESULT: tuple[tuple[str, dict[str, Any]], ...] = (
    ("lock_job", {}),
    ("record_message", {"seq": 1}),
    ("update_status", _STATUS),
    ("record_event", _EVENT),
)


async def measure(bench: Bench) -> tuple[float, float]:
    """Return messages per second of the relay and of the consumer."""
    database = await Database.open(bench.database_url)
    try:
        return await relay(database), await consume(database)
    finally:
        await database.close()


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with bench_database() as bench:
        fill(bench)
        relayed, consumed = asyncio.run(measure(bench))
        bare_relayed, bare_consumed = bare_relay(bench), bare_consume(bench)
        with closing(bench.connect()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) AS running FROM job WHERE status = 'Running'")
            running = cursor.fetchone()["running"]
    if running != 2 * MESSAGES:
        raise SystemExit(f"{running} of {2 * MESSAGES} results were applied")
    same = "the same statements on one plain connection"
    figures = [
        Figure("outbox relay", f"{relayed:,.0f}/s", f"{bare_relayed:,.0f}/s", same),
        Figure("results consumer, in batches", f"{consumed:,.0f}/s", f"{bare_consumed:,.0f}/s", same + ", in turn"),
    ]
    show(f"messages a second, {MESSAGES:,} of each", figures)


if __name__ == "__main__":
    main()
