"""Writing runs and new jobs: everything of one request in one transaction, set-based."""

import json
from collections.abc import Sequence
from typing import Any

from oa_api.db.database import Database, Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import ConflictError, NotFoundError
from oa_api.http.idempotency import Idempotency
from oa_api.identity import audit_log
from oa_api.identity.permission import require_for_run
from oa_api.identity.principal import Principal
from oa_api.jobs import publishing
from oa_api.jobs.actions import lock_job
from oa_api.jobs.outbox import job_message
from oa_api.jobs.planning import PlannedJob
from oa_shared.fault_points import fault_point
from oa_shared.ids import new_token
from oa_shared.messages import dump
from oa_shared.scheduling import Lane

_SQL = load_queries("jobs.job_creation")
_PUBLISH = load_queries("jobs.publishing")


async def create_run(database: Database, asked: dict[str, Any], once: Idempotency, *, by: Principal) -> Any:
    """Write a run and return its id. Raises ForbiddenError."""
    require_for_run(by, live=asked["live"])

    async def work(transaction: Transaction) -> Any:
        earlier = await once.find_response(transaction)
        if earlier is not None:
            return earlier
        github = json.dumps(asked["github"]) if asked["github"] is not None else None
        row = await transaction.first(_SQL["insert_run"], {"sample": None, **asked, "github": github})
        answer = {"id": row["id"]} if row else {}
        detail = {"live": asked["live"]}
        await audit_log.record(transaction, by, action="run.create", subject=f"run/{answer['id']}", detail=detail)
        await once.save_response(transaction, answer)
        return answer

    return await database.run(work)


async def change_run(database: Database, run: int, asked: dict[str, Any], *, by: Principal) -> None:
    """Change a run; one that becomes live publishes what it has finished, by the same gate.

    Raises ForbiddenError, and ConflictError for a run of samples that shall be live.
    """

    async def work(transaction: Transaction) -> None:
        before = await lock_run(transaction, run)
        require_for_run(by, live=before["live"] or bool(asked["live"]))
        if asked["live"] and before["sample"]:
            raise ConflictError(f"run {run} is one of samples: it makes no data to publish")
        detail = {name: asked[name] for name in ("live", "closed") if asked[name] is not None}
        await audit_log.record(transaction, by, action="run.change", subject=f"run/{run}", detail=detail)
        github = json.dumps(asked["github"]) if asked["github"] is not None else None
        await transaction.execute(_SQL["update_run"], {**asked, "github": github, "run": run})
        if asked["live"] and not before["live"]:
            await publish_finished(transaction, run)

    await database.run(work)


async def lock_run(transaction: Transaction, run: int) -> Row:
    """Return a run that nobody else changes meanwhile. Raises NotFoundError."""
    row = await transaction.first(_SQL["lock_run"], {"run": run})
    if row is None:
        raise NotFoundError(f"there is no run {run}")
    return row


async def check_before_fetch(database: Database, run: int, once: Idempotency, *, by: Principal) -> Any | None:
    """Return the first answer to a repeated request, before any definition is fetched; None for a new one.

    Raises NotFoundError, ForbiddenError, and ConflictError for a closed run, so that nobody fetches in vain.
    """

    async def work(transaction: Transaction) -> Any | None:
        earlier = await once.find_response(transaction)
        if earlier is None:
            row = await _open_run(transaction, run, _SQL["run_state"])
            require_for_run(by, live=row["live"])
        return earlier

    return await database.run(work)


async def _open_run(transaction: Transaction, run: int, sql: str) -> Row:
    row = await transaction.first(sql, {"run": run})
    if row is None:
        raise NotFoundError(f"there is no run {run}")
    if row["closed_at"] is not None:
        raise ConflictError(f"run {run} is closed and takes no more jobs")
    return row


async def create_jobs(
    database: Database,
    run: int,
    planned: Sequence[PlannedJob],
    *,
    errors: list[Row],
    once: Idempotency,
    traceparent: str,
    by: Principal,
) -> Any:
    """Write sources, jobs, attempts and outbox rows, all or none, and return the answer of the request.

    Raises ConflictError for a closed run, ForbiddenError.
    """

    async def work(transaction: Transaction) -> Any:
        earlier = await once.find_response(transaction)
        if earlier is not None:
            return earlier
        row = await _open_run(transaction, run, _SQL["lock_run"])
        require_for_run(by, live=row["live"])
        ids = await insert_jobs(transaction, row, planned, traceparent) if planned else []
        answer = {"run": run, "jobs": ids, "errors": errors}
        await audit_log.record(transaction, by, action="job.create", subject=f"run/{run}", detail={"jobs": len(ids)})
        await once.save_response(transaction, answer)
        fault_point("api.before_commit")
        return answer

    answer = await database.run(work)
    fault_point("api.after_commit")
    return answer


async def create_standalone_jobs(
    transaction: Transaction, planned: Sequence[PlannedJob], *, lane: Lane, traceparent: str
) -> list[int]:
    """Write jobs of a closed run of their own, which is not live; return their numbers."""
    asked = {"live": False, "lane": lane, "github": None, "sample": None}
    made = await transaction.all(_SQL["insert_run"], asked)
    run = made[0]["id"]
    ids = await insert_jobs(transaction, {"id": run, "lane": lane, "sample": None}, planned, traceparent)
    await transaction.execute(_SQL["update_run"], {"run": run, "live": None, "github": None, "closed": True})
    return ids


async def insert_jobs(transaction: Transaction, run: Row, planned: Sequence[PlannedJob], traceparent: str) -> list[int]:
    """Write sources, jobs, attempts and messages of an open run, and return the jobs' numbers."""
    sources = {job.sha256: job.definition for job in planned}
    await transaction.execute(_SQL["insert_sources"], {"sha256": list(sources), "definition": list(sources.values())})
    ids = [row["id"] for row in await transaction.all(_SQL["next_job_ids"], {"count": len(planned)})]
    tokens = [new_token() for _ in planned]
    columns: dict[str, Any] = {
        "run": run["id"],
        "traceparent": traceparent,
        "id": ids,
        "token": tokens,
        "tier": [str(job.tier) for job in planned],
        "kind": [str(job.kind) for job in planned],
        "host": [job.host for job in planned],
        "source_name": [job.source_name for job in planned],
        "source_url": [job.source_url for job in planned],
        "source_sha256": [job.sha256 for job in planned],
        "layer": [job.layer for job in planned],
        "name": [job.name for job in planned],
    }
    await transaction.execute(_SQL["insert_jobs"], columns)
    await transaction.execute(_SQL["insert_attempts"], columns)
    await transaction.execute(_SQL["record_creation"], columns)
    bodies = [
        _body(run, job, job_id=job_id, token=token, traceparent=traceparent)
        for job, job_id, token in zip(planned, ids, tokens, strict=True)
    ]
    await transaction.execute(_SQL["insert_messages"], {"id": ids, "body": bodies})
    return ids


def _body(run: Row, job: PlannedJob, *, job_id: int, token: str, traceparent: str) -> str:
    row = {"id": job_id, "run_id": run["id"], "lane": run["lane"], "sample": run["sample"], "traceparent": traceparent}
    row |= {"layer": job.layer, "source_name": job.source_name, "name": job.name, "kind": job.kind}
    return dump(job_message(row, attempt=1, token=token, tier=job.tier))


async def publish_finished(transaction: Transaction, run: int) -> None:
    """Publish what a run that has become live has finished, by the same gate as always."""
    for row in await transaction.all(_PUBLISH["unpublished_of_run"], {"run": run}):
        await _publish_one(transaction, row["job"])


async def _publish_one(transaction: Transaction, job: int) -> None:
    row = await lock_job(transaction, job)
    reasons = await publishing.gate(transaction, row, row["result"])
    if not reasons:
        await publishing.publish(transaction, row)
        return
    await publishing.hold_back(transaction, row, reasons)
    await transaction.execute(_PUBLISH["success_to_warn"], {"job": job})
    await publishing.record_decision(transaction, job, kind="job.held_back", status="Warn")
