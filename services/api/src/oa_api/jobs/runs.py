"""Creating and changing runs."""

import json

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.db.rows import as_parameters
from oa_api.http.errors import ConflictError, NotFoundError
from oa_api.http.idempotency import Idempotency
from oa_api.identity import audit_log
from oa_api.identity.permission import require_for_lane, require_for_run, require_owner
from oa_api.identity.principal import Principal
from oa_api.jobs import publishing
from oa_api.jobs.requests import NewRun, RunChange
from oa_api.jobs.run_rows import LockedRun
from oa_shared.json_types import JsonObject
from oa_shared.value_text import plural

_SQL = load_queries("jobs.runs")


async def create_run(database: Database, new_run: NewRun, idempotency: Idempotency, *, by: Principal) -> int:
    """Create a run and return its ID; a repeated request gets the ID of the first one. Raises ForbiddenError."""
    require_for_run(by, live=new_run.live)
    require_for_lane(by, new_run.lane)

    async def work(transaction: Transaction) -> int:
        earlier = await idempotency.find_response(transaction)
        if earlier is not None:
            return int(earlier["id"])
        run = await insert_run(transaction, new_run, owner=by.owner)
        detail = {"live": new_run.live, "force": new_run.force}
        await audit_log.record(transaction, by, action="run.create", subject=f"run/{run.id}", detail=detail)
        await idempotency.save_response(transaction, {"id": run.id})
        return run.id

    return await database.run(work)


async def insert_run(transaction: Transaction, new_run: NewRun, *, owner: str) -> LockedRun:
    """Write a run and return it; `owner` is that of a principal, or SYSTEM."""
    values = {**as_parameters(new_run), "github": _as_json(new_run.github), "owner": owner}
    (run,) = await transaction.all(_SQL["insert_run"], values, into=LockedRun)
    return run


async def change_run(database: Database, run: int, change: RunChange, *, by: Principal) -> None:
    """Change a run. A run that becomes live publishes its finished jobs, as far as the quality gate lets them pass.

    Raises NotFoundError and ForbiddenError; ConflictError for a sample run that would become live, or for one that
    becomes live with another number of jobs than the caller has seen.
    """

    async def work(transaction: Transaction) -> None:
        before = await lock_run(transaction, run)
        require_for_run(by, live=before.live or bool(change.live))
        require_owner(by, before.owner, what="a run")
        becomes_live = bool(change.live) and not before.live
        if becomes_live:
            await _check_live(transaction, before, change)
        detail = {
            name: value for name, value in (("live", change.live), ("closed", change.closed)) if value is not None
        }
        await audit_log.record(transaction, by, action="run.change", subject=f"run/{run}", detail=detail)
        await _update_run(transaction, run, change)
        if becomes_live:
            await publishing.publish_run(transaction, run)

    await database.run(work)


async def _check_live(transaction: Transaction, run: LockedRun, change: RunChange) -> None:
    """Raise ConflictError for a run that cannot become live."""
    if run.sample:
        raise ConflictError(f"run {run.id} is a sample run and cannot be live")
    jobs = await transaction.first(_SQL["count_jobs"], {"run": run.id}, into=int)
    if jobs != change.expected_jobs:
        raise ConflictError(
            f"run {run.id} has {plural(jobs, 'job')}, not {change.expected_jobs}: "
            "read them before you publish their results",
            fields={"expected_jobs": [f"The run has {plural(jobs, 'job')} now."]},
        )


async def name_run(transaction: Transaction, run: int, name: str) -> None:
    """Name a run that has no name."""
    await transaction.execute(_SQL["set_name"], {"run": run, "name": name})


async def close_run(transaction: Transaction, run: int) -> None:
    """Close a run: it accepts no more jobs."""
    await _update_run(transaction, run, RunChange(closed=True))


async def lock_run(transaction: Transaction, run: int) -> LockedRun:
    """Lock a run and return it. Raises NotFoundError."""
    locked = await transaction.first(_SQL["lock_run"], {"run": run}, into=LockedRun)
    if locked is None:
        raise NotFoundError(f"run {run} does not exist")
    return locked


async def _update_run(transaction: Transaction, run: int, change: RunChange) -> None:
    values = {"run": run, "live": change.live, "closed": change.closed, "github": _as_json(change.github)}
    await transaction.execute(_SQL["update_run"], values)


def _as_json(github: JsonObject | None) -> str | None:
    return json.dumps(github) if github is not None else None
