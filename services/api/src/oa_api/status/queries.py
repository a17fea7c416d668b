"""What the overview page reads of jobs and published data."""

from dataclasses import dataclass
from datetime import datetime

from oa_api.db.database import Database
from oa_api.db.query_files import load_queries
from oa_api.jobs.rows import StatusCountRow
from oa_shared.json_types import JsonObject

_SQL = load_queries("status.queries")
LATEST_ENDED = 5_000
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
class DataTotals:
    """How much data is published, and when a dataset was published last."""

    datasets: int
    sources: int
    countries: int
    features: int
    updated_at: datetime | None


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


async def count_failing_datasets(database: Database) -> int:
    """Return the number of datasets that fail while an earlier version is published."""
    return await database.first(_SQL["failing_datasets"], into=int) or 0


async def total_data(database: Database) -> DataTotals:
    """Return how much data is published."""
    (totals,) = await database.all(_SQL["data_totals"], into=DataTotals)
    return totals


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
