"""How fast work goes and what it costs: backlog, seconds by phase, throughput, dollars."""

from typing import Any

from oa_api.db.database import Database, Row
from oa_api.db.query_files import load_queries
from oa_api.jobs.cost import Cost, Prices, Use, cost_of
from oa_api.settings import Settings
from oa_shared.scheduling import Tier

_SQL = load_queries("jobs.run_statistics")
_MEASURED_JOBS = 5000
_HOUR_S = 3600


def prices_of(settings: Settings) -> Prices:
    """Return the prices that this stack counts with."""
    return Prices(
        vcpu_h=settings.price_vcpu_h,
        memory_gb_h=settings.price_memory_gb_h,
        moved_gb=settings.price_moved_gb,
        looked_up=settings.prices_looked_up,
    )


async def cost_of_job(database: Database, job: int, prices: Prices) -> Cost:
    """Return what all attempts of a job have cost until now; bytes are those of the latest one."""
    return _cost(
        await database.all(_SQL["uses_of_job"], {"job": job}),
        await database.first(_SQL["moved_of_job"], {"job": job}),
        prices,
    )


async def cost_of_run(database: Database, run: int, prices: Prices) -> Cost:
    """Return what all jobs of a run have cost until now."""
    return _cost(
        await database.all(_SQL["uses_of_run"], {"run": run}),
        await database.first(_SQL["moved_of_run"], {"run": run}),
        prices,
    )


async def measure(database: Database, run: int | None) -> dict[str, Any]:
    """Return backlog, seconds by phase and throughput of a run, or of the latest 5,000 jobs that have ended."""
    values = {"run": run, "limit": _MEASURED_JOBS}
    flow = await database.first(_SQL["throughput"], values) or {}
    hours = flow["seconds"] / _HOUR_S
    return {
        "backlog": await database.all(_SQL["backlog"], values),
        "phases": await database.all(_SQL["phases"], values),
        "throughput": {
            **flow,
            "jobs_an_hour": flow["jobs"] / hours if hours else None,
            "features_an_hour": flow["features"] / hours if hours else None,
        },
    }


def _cost(uses: list[Row], moved: Row | None, prices: Prices) -> Cost:
    told = [Use(Tier(row["tier"]), seconds=row["seconds"]) for row in uses]
    if moved:
        told.append(Use(Tier.SMALL, moved_bytes=moved["fetched_bytes"] + moved["written_bytes"]))
    return cost_of(told, prices)
