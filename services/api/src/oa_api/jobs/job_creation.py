"""Creating jobs: those of one request in one transaction, set-based. A run has one job for each entry of a source."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import ConflictError, NotFoundError
from oa_api.http.idempotency import Idempotency
from oa_api.identity import audit_log
from oa_api.identity.permission import require_for_run, require_to_add_jobs
from oa_api.identity.principal import Principal
from oa_api.jobs.outbox import first_message
from oa_api.jobs.planning import JobPlan, PlannedJob, Rejection
from oa_api.jobs.refusals import keep_refusals
from oa_api.jobs.requests import NewRun
from oa_api.jobs.rows import ExistingJobRow
from oa_api.jobs.run_names import name_of_jobs
from oa_api.jobs.run_rows import LockedRun, RunState
from oa_api.jobs.runs import close_run, insert_run, lock_run, name_run
from oa_shared.fault_points import fault_point
from oa_shared.ids import new_token
from oa_shared.messages import dump
from oa_shared.scheduling import Lane

_SQL = load_queries("jobs.job_creation")
_RUNS = load_queries("jobs.runs")
# The driver quotes the values of a statement on the event loop, which 20,000 jobs would block for half a second.
_JOBS_OF_A_STATEMENT = 500
_CHARACTERS_OF_A_STATEMENT = 1_000_000

# The source name, the layer and the name of a job.
_Entry = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class AddedJobs:
    """IDs: `jobs` of all entries of a request, in their order; `existing` of those that the run had before.

    `different` are jobs of another definition than one in the request: the first definition of an entry stays.
    """

    jobs: list[int]
    existing: list[int]
    different: list[int]


async def check_before_fetch(database: Database, run: int, idempotency: Idempotency, *, by: Principal) -> object | None:
    """Return the response to an earlier request with the same key, if any, before any definition is fetched.

    Raises NotFoundError, ForbiddenError, and ConflictError for a closed run, before anything is fetched.
    """

    async def work(transaction: Transaction) -> object | None:
        earlier = await idempotency.find_response(transaction)
        if earlier is None:
            state = await transaction.first(_RUNS["run_state"], {"run": run}, into=RunState)
            if state is None:
                raise NotFoundError(f"run {run} does not exist")
            _require_addable(run, state, by=by)
        return earlier

    return await database.run(work)


def _require_addable(run: int, state: RunState | LockedRun, *, by: Principal) -> None:
    """Raise ConflictError for a closed run, ForbiddenError for a caller who may not add jobs to this one."""
    if state.closed_at is not None:
        raise ConflictError(f"run {run} is closed and accepts no more jobs")
    require_for_run(by, live=state.live)
    require_to_add_jobs(by, state.owner)


async def create_jobs(
    database: Database, run: int, plan: JobPlan, *, idempotency: Idempotency, traceparent: str, by: Principal
) -> object:
    """Create all jobs of a plan in a run that it lacks, or none, and return the response of CreatedJobsSchema.

    Raises NotFoundError, ForbiddenError, and ConflictError for a closed run.
    """

    async def work(transaction: Transaction) -> object:
        earlier = await idempotency.find_response(transaction)
        if earlier is not None:
            return earlier
        locked = await lock_run(transaction, run)
        _require_addable(run, locked, by=by)
        added = await add_jobs(transaction, locked, plan.jobs, traceparent)
        await keep_refusals(transaction, run, plan.rejections)
        await name_run(transaction, run, name_of_jobs([job.source_name for job in plan.jobs]))
        response = {"run": run, **asdict(added), "errors": [asdict(item) for item in plan.rejections]}
        detail = {"jobs": len(added.jobs) - len(added.existing)}
        await audit_log.record(transaction, by, action="job.create", subject=f"run/{run}", detail=detail)
        await idempotency.save_response(transaction, response)
        fault_point("api.before_commit")
        return response

    response = await database.run(work)
    fault_point("api.after_commit")
    return response


async def refuse_jobs(database: Database, run: int, rejections: Sequence[Rejection], *, by: Principal) -> None:
    """Keep with a run why a request created no jobs in it.

    Raises NotFoundError, ForbiddenError, and ConflictError for a closed run.
    """

    async def work(transaction: Transaction) -> None:
        _require_addable(run, await lock_run(transaction, run), by=by)
        await keep_refusals(transaction, run, rejections)

    await database.run(work)


async def create_standalone_jobs(
    transaction: Transaction, planned: Sequence[PlannedJob], new_run: NewRun, *, traceparent: str, owner: str
) -> list[int]:
    """Create jobs in a new run, which is closed immediately; return their IDs."""
    run = await insert_run(transaction, new_run, owner=owner)
    added = await add_jobs(transaction, run, planned, traceparent)
    await close_run(transaction, run.id)
    return added.jobs


async def add_jobs(
    transaction: Transaction, run: LockedRun, planned: Sequence[PlannedJob], traceparent: str
) -> AddedJobs:
    """Create the jobs that a locked run lacks: it has one for each source name, layer and name.

    Posts to a run wait for its lock, so that each of them sees the jobs of the others.
    """
    entries = list(dict.fromkeys(map(_entry_of, planned)))
    first = {_entry_of(job): job for job in reversed(planned)}
    existing = await _find_existing(transaction, run, entries)
    created = [entry for entry in entries if entry not in existing]
    ids = await _insert_jobs(transaction, run, [first[entry] for entry in created], traceparent)
    digests = {entry: job.sha256 for entry, job in existing.items()} | {entry: first[entry].sha256 for entry in created}
    jobs = {entry: job.job for entry, job in existing.items()} | dict(zip(created, ids, strict=True))
    different = {jobs[_entry_of(job)]: None for job in planned if digests[_entry_of(job)] != job.sha256}
    return AddedJobs(
        jobs=[jobs[entry] for entry in entries],
        existing=[jobs[entry] for entry in entries if entry in existing],
        different=list(different),
    )


def _entry_of(job: PlannedJob) -> _Entry:
    return job.source_name, job.layer, job.name


async def _find_existing(
    transaction: Transaction, run: LockedRun, entries: Sequence[_Entry]
) -> dict[_Entry, ExistingJobRow]:
    existing: dict[_Entry, ExistingJobRow] = {}
    if not await transaction.first(_SQL["has_jobs"], {"run": run.id}, into=bool):
        return existing
    for start in range(0, len(entries), _JOBS_OF_A_STATEMENT):
        part = entries[start : start + _JOBS_OF_A_STATEMENT]
        columns = dict(zip(("source_name", "layer", "name"), map(list, zip(*part, strict=True)), strict=True))
        rows = await transaction.all(_SQL["existing_jobs"], {"run": run.id, **columns}, into=ExistingJobRow)
        existing |= {part[row.place - 1]: row for row in rows}
    return existing


async def _insert_jobs(
    transaction: Transaction, run: LockedRun, planned: Sequence[PlannedJob], traceparent: str
) -> list[int]:
    """Write definitions, jobs, first attempts and outbox messages, and return the IDs of the jobs.

    The lane of the run may allow a smaller tier only than a definition states.
    """
    await insert_definitions(transaction, {job.sha256: job.definition for job in planned})
    ids = await transaction.all(_SQL["next_job_ids"], {"count": len(planned)}, into=int)

    def columns_from(start: int) -> dict[str, object]:
        part = slice(start, start + _JOBS_OF_A_STATEMENT)
        return _columns_of_part(run, planned[part], ids[part], traceparent)

    columns = columns_from(0)
    for start in range(0, len(planned), _JOBS_OF_A_STATEMENT):
        columns = await _insert_part(transaction, columns, partial(columns_from, start + _JOBS_OF_A_STATEMENT))
    return ids


async def _insert_part(
    transaction: Transaction, columns: dict[str, object], build_next: Callable[[], dict[str, object]]
) -> dict[str, object]:
    """Write some jobs, and return the columns of the next ones, which are built while the database writes."""
    writing = asyncio.create_task(transaction.execute(_SQL["insert_jobs"], columns))
    try:
        # The task sends its statement.
        await asyncio.sleep(0)
        following = build_next()
    except BaseException:
        writing.cancel()
        await asyncio.wait([writing])
        raise
    await writing
    return following


def _columns_of_part(
    run: LockedRun, planned: Sequence[PlannedJob], ids: Sequence[int], traceparent: str
) -> dict[str, object]:
    lane = Lane(run.lane)
    tiers = [lane.limit(job.tier) for job in planned]
    tokens = [new_token() for _ in planned]
    return {
        "run": run.id,
        "traceparent": traceparent,
        "force": run.force,
        "id": list(ids),
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
