"""Jobs in a database without an API: a run, and jobs of it with the names that a test gives."""

from oa_api.db.database import Database
from oa_api.http.idempotency import Idempotency
from oa_api.identity.principal import SERVICE
from oa_api.jobs.job_creation import create_jobs
from oa_api.jobs.planning import JobPlan, PlannedJob
from oa_api.jobs.requests import NewRun
from oa_api.jobs.runs import create_run
from oa_shared.job_kinds import JobKind
from oa_shared.scheduling import Lane, Tier


def planned_job(name: str = "city", *, sha256: str = "0" * 64, tier: Tier = Tier.STANDARD) -> PlannedJob:
    """Return a planned job of the source xx/a."""
    return PlannedJob(
        source_name="xx/a",
        source_url=None,
        sha256=sha256,
        definition="{}",
        layer="addresses",
        name=name,
        tier=tier,
        kind=JobKind.SOURCE,
        host=None,
    )


async def create_planned_jobs(
    database: Database, *names: str, live: bool = True, tier: Tier = Tier.STANDARD, lane: Lane = Lane.MANUAL
) -> list[int]:
    """Create a run with a job of each name, and return the IDs of the jobs."""
    idempotency = Idempotency(None, "", b"", owner="service")
    run = await create_run(database, NewRun(live=live, lane=lane), idempotency, by=SERVICE)
    plan = JobPlan([planned_job(name, tier=tier) for name in names], [])
    await create_jobs(database, run, plan, idempotency=idempotency, traceparent="", by=SERVICE)
    rows = await database.all("SELECT id FROM job WHERE run_id = %(run)s ORDER BY id", {"run": run})
    return [row["id"] for row in rows]
