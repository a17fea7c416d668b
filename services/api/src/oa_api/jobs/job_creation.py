"""Creating jobs: those of one request in one transaction, set-based."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import ConflictError, NotFoundError
from oa_api.http.idempotency import Idempotency
from oa_api.identity import audit_log
from oa_api.identity.permission import require_for_run, require_to_add_jobs
from oa_api.identity.principal import Principal
from oa_api.jobs.outbox import first_message
from oa_api.jobs.planning import JobPlan, PlannedJob
from oa_api.jobs.requests import NewRun
from oa_api.jobs.rows import LockedRun, RunState
from oa_api.jobs.runs import close_run, insert_run, lock_run
from oa_shared.fault_points import fault_point
from oa_shared.ids import new_token
from oa_shared.messages import dump
from oa_shared.scheduling import Lane

_SQL = load_queries("jobs.job_creation")
_RUNS = load_queries("jobs.runs")
# The driver quotes the values of a statement on the event loop, which 20,000 jobs would block for half a second.
_JOBS_OF_A_STATEMENT = 500
_CHARACTERS_OF_A_STATEMENT = 1_000_000


async def check_before_fetch(database: Database, run: int, idempotency: Idempotency, *, by: Principal) -> object | None:
    """Return the response to an earlier request with the same key, if any, before any definition is fetched.

    Raises NotFoundError, ForbiddenError, and ConflictError for a closed run, so that nothing is fetched in vain.
    """

    async def work(transaction: Transaction) -> object | None:
        earlier = await idempotency.find_response(transaction)
        if earlier is None:
            state = await transaction.first(_RUNS["run_state"], {"run": run}, into=RunState)
            if state is None:
                raise NotFoundError(f"run {run} does not exist")
            _require_open(run, state)
            require_for_run(by, live=state.live)
            require_to_add_jobs(by, state.owner)
        return earlier

    return await database.run(work)


def _require_open(run: int, state: RunState | LockedRun) -> None:
    if state.closed_at is not None:
        raise ConflictError(f"run {run} is closed and accepts no more jobs")


async def create_jobs(
    database: Database, run: int, plan: JobPlan, *, idempotency: Idempotency, traceparent: str, by: Principal
) -> object:
    """Create all jobs of a plan in a run, or none, and return the response: `run`, `jobs` and `errors`.

    Raises NotFoundError, ForbiddenError, and ConflictError for a closed run.
    """

    async def work(transaction: Transaction) -> object:
        earlier = await idempotency.find_response(transaction)
        if earlier is not None:
            return earlier
        locked = await lock_run(transaction, run)
        _require_open(run, locked)
        require_for_run(by, live=locked.live)
        require_to_add_jobs(by, locked.owner)
        ids = await insert_jobs(transaction, locked, plan.jobs, traceparent) if plan.jobs else []
        response = {"run": run, "jobs": ids, "errors": [asdict(item) for item in plan.rejections]}
        await audit_log.record(transaction, by, action="job.create", subject=f"run/{run}", detail={"jobs": len(ids)})
        await idempotency.save_response(transaction, response)
        fault_point("api.before_commit")
        return response

    response = await database.run(work)
    fault_point("api.after_commit")
    return response


async def create_standalone_jobs(
    transaction: Transaction, planned: Sequence[PlannedJob], *, lane: Lane, traceparent: str, owner: str
) -> list[int]:
    """Create jobs in a trial run of their own, which is closed at once; return their IDs."""
    run = await insert_run(transaction, NewRun(lane=lane), owner=owner)
    ids = await insert_jobs(transaction, run, planned, traceparent)
    await close_run(transaction, run.id)
    return ids


async def insert_jobs(
    transaction: Transaction, run: LockedRun, planned: Sequence[PlannedJob], traceparent: str
) -> list[int]:
    """Write definitions, jobs, first attempts and outbox messages, and return the IDs of the jobs.

    The lane of the run may allow a smaller tier only than a definition states.
    """
    await insert_definitions(transaction, {job.sha256: job.definition for job in planned})
    ids: list[int] = []
    for start in range(0, len(planned), _JOBS_OF_A_STATEMENT):
        part = planned[start : start + _JOBS_OF_A_STATEMENT]
        ids += await _insert_part(transaction, run, part, traceparent)
    return ids


async def _insert_part(
    transaction: Transaction, run: LockedRun, planned: Sequence[PlannedJob], traceparent: str
) -> list[int]:
    lane = Lane(run.lane)
    tiers = [lane.limit(job.tier) for job in planned]
    ids = await transaction.all(_SQL["next_job_ids"], {"count": len(planned)}, into=int)
    tokens = [new_token() for _ in planned]
    columns = {
        "run": run.id,
        "traceparent": traceparent,
        "force": run.force,
        "id": ids,
        "token": tokens,
        "tier": [str(tier) for tier in tiers],
        "kind": [str(job.kind) for job in planned],
        "host": [job.host for job in planned],
        "source_name": [job.source_name for job in planned],
        "source_url": [job.source_url for job in planned],
        "source_sha256": [job.sha256 for job in planned],
        "layer": [job.layer for job in planned],
        "name": [job.name for job in planned],
        "body": [
            dump(first_message(run, job, job=job_id, token=token, tier=tier, traceparent=traceparent))
            for job, job_id, token, tier in zip(planned, ids, tokens, tiers, strict=True)
        ],
    }
    await transaction.execute(_SQL["insert_jobs"], columns)
    return ids


async def insert_definitions(transaction: Transaction, definitions: Mapping[str, str]) -> None:
    """Store the text of definitions by their SHA-256, some at a time: the driver quotes each statement on the loop."""
    for part in _parts_by_size(definitions):
        values = {"sha256": part, "definition": [definitions[digest] for digest in part]}
        await transaction.execute(_SQL["insert_sources"], values)


def _parts_by_size(definitions: Mapping[str, str]) -> Iterator[list[str]]:
    """Yield the digests in parts whose texts have about `_CHARACTERS_OF_A_STATEMENT` together."""
    part: list[str] = []
    characters = 0
    for digest, text in definitions.items():
        part.append(digest)
        characters += len(text)
        if characters > _CHARACTERS_OF_A_STATEMENT:
            yield part
            part, characters = [], 0
    if part:
        yield part
