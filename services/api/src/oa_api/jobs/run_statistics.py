"""How fast jobs run and what they cost: backlog, seconds by phase, throughput, US dollars."""

from dataclasses import dataclass
from datetime import datetime

from oa_api.db.database import Database
from oa_api.db.query_files import load_queries
from oa_api.jobs.cost import Cost, Prices, Use, cost_of
from oa_api.settings import Settings
from oa_shared.scheduling import Tier

_SQL = load_queries("jobs.run_statistics")
_MEASURED_JOBS = 5000
_HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class TierUse:
    """Seconds of a tier."""

    tier: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Transfer:
    """Bytes that jobs fetched and wrote."""

    written_bytes: int
    fetched_bytes: int


@dataclass(frozen=True, slots=True)
class BacklogRow:
    """Unended jobs of a status, and for how many seconds the oldest has been open."""

    status: str
    jobs: int
    oldest_s: float


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """Seconds that jobs spent in a phase."""

    phase: str
    jobs: int
    total_s: float
    median_s: float
    p90_s: float
    longest_s: float


@dataclass(frozen=True, slots=True)
class Throughput:
    """Jobs and features between the first start and the last end; None an hour where no time has passed.

    `unchanged` counts the jobs whose source had not changed; their features do not count.
    """

    jobs: int
    unchanged: int
    first_started_at: datetime | None
    last_ended_at: datetime | None
    seconds: float
    features: int

    @property
    def jobs_an_hour(self) -> float | None:
        """Return the jobs that ended in an hour."""
        return self.jobs / self.seconds * _HOUR_S if self.seconds else None

    @property
    def features_an_hour(self) -> float | None:
        """Return the features of the jobs that ended in an hour."""
        return self.features / self.seconds * _HOUR_S if self.seconds else None


@dataclass(frozen=True, slots=True)
class RunStatistics:
    """The speed of a run, or of the latest jobs."""

    backlog: list[BacklogRow]
    phases: list[PhaseRow]
    throughput: Throughput


def prices_of(settings: Settings) -> Prices:
    """Return the prices from the settings."""
    return Prices(
        vcpu_h=settings.price_vcpu_h,
        memory_gb_h=settings.price_memory_gb_h,
        moved_gb=settings.price_moved_gb,
        looked_up=settings.prices_looked_up,
    )


async def cost_of_job(database: Database, job: int, prices: Prices) -> Cost:
    """Return the cost of all attempts of a job so far; bytes are those of the latest attempt."""
    values = {"job": job}
    uses = await database.all(_SQL["uses_of_job"], values, into=TierUse)
    return _cost(uses, await database.first(_SQL["moved_of_job"], values, into=Transfer), prices)


async def cost_of_run(database: Database, run: int, prices: Prices) -> Cost:
    """Return the cost of all jobs of a run so far."""
    values = {"run": run}
    uses = await database.all(_SQL["uses_of_run"], values, into=TierUse)
    return _cost(uses, await database.first(_SQL["moved_of_run"], values, into=Transfer), prices)


async def measure(database: Database, run: int | None) -> RunStatistics:
    """Return backlog, seconds by phase and throughput of a run, or of the latest 5,000 jobs that have ended."""
    values = {"run": run, "limit": _MEASURED_JOBS}
    (throughput,) = await database.all(_SQL["throughput"], values, into=Throughput)
    return RunStatistics(
        backlog=await database.all(_SQL["backlog"], values, into=BacklogRow),
        phases=await database.all(_SQL["phases"], values, into=PhaseRow),
        throughput=throughput,
    )


def _cost(rows: list[TierUse], transfer: Transfer | None, prices: Prices) -> Cost:
    uses = [Use(Tier(row.tier), seconds=row.seconds) for row in rows]
    if transfer:
        uses.append(Use(Tier.SMALL, moved_bytes=transfer.fetched_bytes + transfer.written_bytes))
    return cost_of(uses, prices)
