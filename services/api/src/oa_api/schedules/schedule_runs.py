"""Schedule runs: one row for each type and period, and the lease of the worker that executes it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from oa_api.db.database import Database, Transaction
from oa_api.db.pages import Page
from oa_api.db.query_files import load_queries
from oa_api.http.errors import NotFoundError
from oa_api.identity import audit_log
from oa_api.identity.principal import Principal
from oa_api.schedules.period import next_period_at, period_of
from oa_api.schedules.requests import ScheduleRunFilter, Trigger
from oa_api.schedules.rows import ClaimedRow, PeriodState, Progress, RejectedSource, ScheduleRunRow
from oa_shared.errors import OaError
from oa_shared.json_types import JsonObject
from oa_shared.schedule_types import ScheduleType
from oa_shared.supervision import record_progress

_SQL = load_queries("schedules.queries")
LEASE_S = 120.0
MAX_TRIES = 5
MAX_REJECTED_SOURCES = 100
_MAX_ERROR = 2000


class LeaseLostError(OaError):
    """Another process has taken over a schedule run."""

    code = "schedule.lease_lost"
    title = "Lease taken over by another worker."
    retryable = True


@dataclass(frozen=True, slots=True)
class ScheduleRun:
    """A schedule run that this worker has claimed; `lease` proves it. A task adds to `detail` what it records."""

    id: int
    type: ScheduleType
    period: str
    lease: str
    tries: int
    detail: JsonObject
    traceparent: str
    lease_s: float = LEASE_S


@dataclass(frozen=True, slots=True)
class RejectedDefinition:
    """A reason for which a definition of the repository, or an entry of it, has no job."""

    path: str
    pointer: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ScheduleRunDetail:
    """A schedule run with the rejections of its first 100 rejected definitions."""

    schedule_run: ScheduleRunRow
    refused: list[RejectedDefinition]


@dataclass(frozen=True, slots=True)
class UpcomingRun:
    """A type of schedule, its current period, and the schedule run of that period if there is one."""

    type: ScheduleType
    period: str
    schedule_run: int | None
    state: str | None
    next_period_at: datetime


async def trigger(database: Database, request: Trigger, *, by: Principal, traceparent: str) -> int:
    """Create a schedule run and return its ID; for a period that has one, return that one, restarted if it failed."""
    period = request.period or period_of(request.type, datetime.now(UTC))
    values = {"type": request.type, "period": period, "by": by.name, "traceparent": traceparent}

    async def work(transaction: Transaction) -> int:
        (schedule_run_id,) = await transaction.all(_SQL["trigger"], values, into=int)
        subject, detail = f"schedule_run/{schedule_run_id}", {"type": request.type}
        await audit_log.record(transaction, by, action="schedule.trigger", subject=subject, detail=detail)
        return schedule_run_id

    return await database.run(work)


async def get_schedule_run(database: Database, schedule_run_id: int) -> ScheduleRunDetail:
    """Return a schedule run with its rejections. Raises NotFoundError."""
    schedule_run = await database.first(_SQL["schedule_run"], {"schedule_run": schedule_run_id}, into=ScheduleRunRow)
    if schedule_run is None:
        raise NotFoundError(f"schedule run {schedule_run_id} does not exist")
    refused = await list_refused(database, schedule_run_id, limit=MAX_REJECTED_SOURCES)
    return ScheduleRunDetail(schedule_run, refused)


async def list_refused(reader: Database | Transaction, schedule_run_id: int, *, limit: int) -> list[RejectedDefinition]:
    """Return the rejections of the first definitions with any, by path."""
    values = {"schedule_run": schedule_run_id, "limit": limit}
    sources = await reader.all(_SQL["rejected_sources"], values, into=RejectedSource)
    return [RejectedDefinition(source.path, **rejection) for source in sources for rejection in source.refusals]


async def list_schedule_runs(database: Database, run_filter: ScheduleRunFilter) -> Page[ScheduleRunRow]:
    """Return a page of schedule runs, newest first."""
    values = {"type": run_filter.type, "cursor": run_filter.cursor, "limit": run_filter.limit + 1}
    return Page.cut(await database.all(_SQL["schedule_runs"], values, into=ScheduleRunRow), run_filter.limit)


async def list_upcoming(database: Database, now: datetime) -> list[UpcomingRun]:
    """Return, for each type, the schedule run of the current period, and when the next period starts."""
    periods = {kind: period_of(kind, now) for kind in ScheduleType}
    values = {"types": list(periods), "periods": list(periods.values())}
    states = {row.type: row for row in await database.all(_SQL["runs_of_periods"], values, into=PeriodState)}
    return [_upcoming(kind, period, states.get(kind), now) for kind, period in periods.items()]


def _upcoming(kind: ScheduleType, period: str, current: PeriodState | None, now: datetime) -> UpcomingRun:
    return UpcomingRun(
        type=kind,
        period=period,
        schedule_run=current.id if current else None,
        state=current.state if current else None,
        next_period_at=next_period_at(kind, now),
    )


async def latest_done(database: Database, kind: ScheduleType) -> ScheduleRunRow | None:
    """Return the last successful schedule run of a type."""
    return await database.first(_SQL["latest_of_type"], {"type": kind}, into=ScheduleRunRow)


async def claim(database: Database, lease: str, *, lease_s: float) -> ScheduleRun | None:
    """Claim the schedule run that has been due longest; unless the lease is renewed, it ends after `lease_s`."""
    values = {"lease": lease, "lease_s": lease_s}
    row = await database.run(lambda transaction: transaction.first(_SQL["claim"], values, into=ClaimedRow))
    if row is None:
        return None
    kind = ScheduleType(row.type)
    return ScheduleRun(row.id, kind, row.period, lease, row.tries, row.detail, row.traceparent, lease_s)


async def renew(transaction: Transaction, schedule_run: ScheduleRun) -> Progress:
    """Renew the lease in the transaction of a step, and return what is recorded so far. Raises LeaseLostError."""
    values = {"schedule_run": schedule_run.id, "lease": schedule_run.lease, "lease_s": schedule_run.lease_s}
    record_progress()
    progress = await transaction.first(_SQL["renew"], values, into=Progress)
    if progress is None:
        raise LeaseLostError(f"{schedule_run.type} {schedule_run.period}")
    return progress


async def record(
    transaction: Transaction, schedule_run: ScheduleRun, detail: Mapping[str, object], *, run: int | None = None
) -> None:
    """Add to the recorded detail of a schedule run, and record its run of jobs."""
    values = {"schedule_run": schedule_run.id, "detail": json.dumps(detail), "run": run}
    await transaction.execute(_SQL["record"], values)


async def complete(database: Database, schedule_run: ScheduleRun) -> None:
    """End a schedule run successfully."""
    await database.execute(_SQL["complete"], {"schedule_run": schedule_run.id, "lease": schedule_run.lease})


async def fail(database: Database, schedule_run: ScheduleRun, error: str, *, delays_s: Sequence[float] | None) -> None:
    """Record an error; the schedule run is due again after one of the delays, or has failed after the last try."""
    is_retried = delays_s is not None and schedule_run.tries < MAX_TRIES
    delay_s = delays_s[min(schedule_run.tries, len(delays_s)) - 1] if is_retried and delays_s else 0
    values = {"schedule_run": schedule_run.id, "lease": schedule_run.lease}
    values |= {"is_retried": is_retried, "delay_s": delay_s, "error": error[:_MAX_ERROR]}
    await database.execute(_SQL["fail"], values)
