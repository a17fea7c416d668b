"""What the overview page reads of jobs and published data."""

from dataclasses import dataclass
from datetime import datetime

from oa_api.db.database import Database
from oa_api.db.query_files import load_queries
from oa_api.jobs.rows import StatusCountRow
from oa_shared.json_types import JsonObject

_SQL = load_queries("status.queries")
LATEST_FAILURES = 2_000
LATEST_ENDED = 5_000
_FAILURES_WITHIN_S = 7 * 86_400
_MAX_AREAS = 4_000


@dataclass(frozen=True, slots=True)
class RunningJobRow:
    """A running job; `progress` has `phase`, and `done` of `total`, as far as its container reported them."""

    id: int
    source_name: str
    layer: str
    name: str
    progress: JsonObject | None


@dataclass(frozen=True, slots=True)
class FailureCountRow:
    """How many jobs failed with a code, and the latest of them."""

    code: str
    jobs: int
    last_at: datetime
    job: int
    source_name: str
    kind: str


@dataclass(frozen=True, slots=True)
class HourCountRow:
    """How many jobs ended in an hour."""

    hour: datetime
    jobs: int


@dataclass(frozen=True, slots=True)
class AreaRow:
    """A rectangle in whole degrees, by its southwest corner."""

    west: int
    south: int
    width: int
    height: int


async def list_running_jobs(database: Database, *, limit: int) -> list[RunningJobRow]:
    """Return the newest running jobs."""
    return await database.all(_SQL["running_jobs"], {"limit": limit}, into=RunningJobRow)


async def list_failures(database: Database) -> list[FailureCountRow]:
    """Return the failures of the last seven days by code, of the latest LATEST_FAILURES."""
    values = {"latest": LATEST_FAILURES, "within_s": _FAILURES_WITHIN_S}
    return await database.all(_SQL["failures_by_code"], values, into=FailureCountRow)


async def count_open_jobs(database: Database) -> dict[str, int]:
    """Return the number of jobs that run, wait or need review, by status."""
    rows = await database.all(_SQL["open_jobs_by_status"], into=StatusCountRow)
    return {row.status: row.jobs for row in rows}


async def count_ended_jobs(database: Database) -> list[HourCountRow]:
    """Return the jobs that ended in each of the last 24 hours, of the latest LATEST_ENDED; hours without are absent."""
    return await database.all(_SQL["ended_jobs_by_hour"], {"latest": LATEST_ENDED}, into=HourCountRow)


async def ping_database(database: Database) -> None:
    """Ask the database for nothing. Raises StoreError if it does not respond."""
    await database.first(_SQL["ping"], into=int)


async def list_covered_areas(database: Database) -> list[AreaRow]:
    """Return the areas of published data."""
    return await database.all(_SQL["covered_areas"], {"limit": _MAX_AREAS}, into=AreaRow)
