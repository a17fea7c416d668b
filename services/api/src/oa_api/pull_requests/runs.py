"""The runs of a pull request: samples, whole jobs, and those that make the default branch live."""

from collections.abc import Sequence
from typing import Any

from oa_api.db.database import Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.identity import audit_log
from oa_api.identity.principal import Principal
from oa_api.jobs import actions
from oa_api.jobs.job_creation import insert_jobs
from oa_api.jobs.locks import lock_job
from oa_api.jobs.planning import PlannedJob
from oa_api.jobs.requests import NewRun
from oa_api.jobs.runs import insert_run, lock_run
from oa_shared.job_kinds import JobKind
from oa_shared.roles import Role
from oa_shared.scheduling import Lane, Tier
from oa_shared.tracing import new_traceparent

_SQL = load_queries("pull_requests.queries")
GITHUB = Principal("service", None, "github", Role.SERVICE)
PATIENCE_S = 75.0


async def create_run(
    transaction: Transaction,
    about: dict[str, Any],
    planned: Sequence[PlannedJob],
    *,
    live: bool = False,
    sample: int | None = None,
) -> int:
    """Write a run with its jobs and return its number; `about` is what started it."""
    lane = Lane.MANUAL if live else Lane.PULL_REQUEST
    run = (await insert_run(transaction, NewRun(live=live, lane=lane, sample=sample, github=about))).id
    detail = {"live": live, "jobs": len(planned)}
    await audit_log.record(transaction, GITHUB, action="run.create", subject=f"run/{run}", detail=detail)
    await add_jobs(transaction, run, planned)
    return run


async def add_jobs(transaction: Transaction, run: int, planned: Sequence[PlannedJob]) -> None:
    """Write jobs of a run that is there."""
    if planned:
        await insert_jobs(transaction, await lock_run(transaction, run), planned, new_traceparent())


async def cancel_runs(transaction: Transaction, runs: Sequence[int | None], *, reason: str) -> int:
    """Cancel whatever has not ended in these runs and return how many jobs that were."""
    values = {"runs": [run for run in runs if run is not None]}
    rows = await transaction.all(_SQL["unended_of_runs"], values)
    for row in rows:
        await actions.cancel(transaction, row["id"], by=GITHUB, reason=reason)
    return len(rows)


async def rerun_failed(transaction: Transaction, check: Row, *, reason: str) -> int:
    """Run the entries of a check again that failed or were cancelled, and return how many."""
    rows = await transaction.all(_SQL["failed_of_check"], check)
    for row in rows:
        await actions.rerun(transaction, row["job"], by=GITHUB, reason=reason)
    return len(rows)


async def start_full_jobs(transaction: Transaction, check_id: int, *, patience_s: float = PATIENCE_S) -> int:
    """Make the full jobs of an open check whose samples have ended, or take too long; return how many.

    An entry whose sample ended with a `source.*` code gets none: it would end the same way (decision 13).
    """
    check = await transaction.first(_SQL["lock_open_check"], {"check": check_id})
    if check is None or check["sample_run"] is None:
        return 0
    rows = await transaction.all(_SQL["entries_due"], {**check, "patience_s": patience_s})
    if not rows:
        return 0
    planned = [_planned(row) for row in rows]
    if check["full_run"] is None:
        run = await create_run(transaction, about_pull(check), planned)
        await transaction.execute(_SQL["start_full"], {"check": check_id, "run": run})
    else:
        await add_jobs(transaction, check["full_run"], planned)
    await _cancel_slow_samples(transaction, rows)
    return len(rows)


async def _cancel_slow_samples(transaction: Transaction, rows: Sequence[Row]) -> None:
    slow = {row["job"] for row in rows if row["rank"] < 9}  # noqa: PLR2004 - the rank of what has ended
    if not slow:
        return
    run = (await lock_job(transaction, min(slow))).run_id
    for row in await transaction.all(_SQL["unended_of_runs"], {"runs": [run]}):
        if row["id"] in slow:
            await actions.cancel(transaction, row["id"], by=GITHUB, reason="the full job has begun")


def about_pull(check: Row) -> dict[str, Any]:
    """Return what a run keeps of the pull request that it was made for."""
    return {"repository": check["repository"], "pull": check["pull"], "sha": check["head_sha"]}


def _planned(row: Row) -> PlannedJob:
    return PlannedJob(
        source_name=row["source_name"],
        source_url=row["source_url"],
        sha256=row["source_sha256"],
        definition=row["definition"],
        layer=row["layer"],
        name=row["name"],
        tier=Tier(row["tier"]),
        kind=JobKind.SOURCE,
        host=row["host"],
    )
