"""Firing, and what came of it: one row for each (type, period)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from oa_api.db.database import Database, Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import NotFoundError
from oa_api.schedules.period import next_period_at, period_of
from oa_shared.errors import OaError
from oa_shared.schedule_types import ScheduleType

_SQL = load_queries("schedules.queries")
LEASE_S = 120.0
MAX_TRIES = 5
SHOWN_REFUSALS = 100


class LeaseLostError(OaError):
    """Another process has taken over the work of a fire."""

    code = "schedule.lease_lost"
    title = "Another process goes on with this."
    retryable = True


@dataclass(frozen=True, slots=True)
class ScheduleRun:
    """One firing in hand; `lease` proves it."""

    id: int
    type: ScheduleType
    period: str
    lease: str
    tries: int
    detail: dict[str, Any]
    traceparent: str
    lease_s: float = LEASE_S


async def trigger(
    transaction: Transaction, kind: ScheduleType, period: str | None, *, by: str, traceparent: str
) -> int:
    """Note that a type is due and return the fire's id: that of the first firing, which goes on if it had failed."""
    values = {"type": kind, "period": period or period_of(kind, datetime.now(UTC)), "by": by}
    values |= {"traceparent": traceparent}
    row = await transaction.first(_SQL["trigger"], values)
    return int(row["id"]) if row else 0


async def read(database: Database, schedule_run_id: int) -> Row:
    """Return a fire with what was refused, at most a hundred definitions. Raises NotFoundError."""
    row = await database.first(_SQL["schedule_run"], {"schedule_run": schedule_run_id})
    if row is None:
        raise NotFoundError(f"there is no schedule run {schedule_run_id}")
    refused = await database.all(_SQL["refused_sources"], {"schedule_run": schedule_run_id, "limit": SHOWN_REFUSALS})
    return {**row, "refused": [{"path": item["path"], **refusal} for item in refused for refusal in item["refusals"]]}


async def read_list(database: Database, *, kind: str | None, cursor: int | None, limit: int) -> list[Row]:
    """Return the latest fires, newest first."""
    return await database.all(_SQL["schedule_runs"], {"type": kind, "cursor": cursor, "limit": limit})


async def upcoming(database: Database, now: datetime) -> list[Row]:
    """Return, for each type, whether this period has fired and when the next one begins."""
    periods = {kind: period_of(kind, now) for kind in ScheduleType}
    values = {"types": list(periods), "periods": list(periods.values())}
    fired = {row["type"]: row for row in await database.all(_SQL["runs_of_periods"], values)}
    return [
        {
            "type": kind,
            "period": period,
            "schedule_run": fired[kind]["id"] if kind in fired else None,
            "state": fired[kind]["state"] if kind in fired else None,
            "next_period_at": next_period_at(kind, now),
        }
        for kind, period in periods.items()
    ]


async def latest_done(database: Database, kind: ScheduleType) -> Row | None:
    """Return the last fire of a type that was done."""
    return await database.first(_SQL["latest_of_type"], {"type": kind})


async def claim(database: Database, lease: str, *, lease_s: float) -> ScheduleRun | None:
    """Take the work that has been due longest, or None; without a sign of life others may take it after `lease_s`."""
    row = await database.run(lambda transaction: transaction.first(_SQL["claim"], {"lease": lease, "lease_s": lease_s}))
    if row is None:
        return None
    kind = ScheduleType(row["type"])
    return ScheduleRun(row["id"], kind, row["period"], lease, row["tries"], row["detail"], row["traceparent"], lease_s)


async def renew(transaction: Transaction, held: ScheduleRun) -> Row:
    """Prove and extend the lease in the transaction of a step, and return where the fire stands.

    Raises LeaseLostError.
    """
    row = await transaction.first(
        _SQL["renew"], {"schedule_run": held.id, "lease": held.lease, "lease_s": held.lease_s}
    )
    if row is None:
        raise LeaseLostError(f"{held.type} {held.period}")
    return row


async def record(
    transaction: Transaction, held: ScheduleRun, detail: dict[str, Any], *, run: int | None = None
) -> None:
    """Add to what is known of a fire."""
    await transaction.execute(_SQL["record"], {"schedule_run": held.id, "detail": json.dumps(detail), "run": run})


async def complete(database: Database, held: ScheduleRun) -> None:
    """Say that all is done."""
    await database.execute(_SQL["complete"], {"schedule_run": held.id, "lease": held.lease})


async def fail(database: Database, held: ScheduleRun, words: str, *, delays_s: Sequence[float] | None) -> None:
    """Say what went wrong, and when it is tried again: after one of the delays, or not when there is none left."""
    again = delays_s is not None and held.tries < MAX_TRIES
    delay_s = delays_s[min(held.tries, len(delays_s)) - 1] if again and delays_s else 0
    values = {"schedule_run": held.id, "lease": held.lease, "again": again, "delay_s": delay_s, "error": words[:2000]}
    await database.execute(_SQL["fail"], values)
