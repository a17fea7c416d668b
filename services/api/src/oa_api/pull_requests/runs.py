"""The runs of a pull request: samples, full jobs, and the live run after a merge."""

from collections.abc import Sequence
from dataclasses import dataclass

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.db.rows import as_parameters
from oa_api.identity import audit_log
from oa_api.identity.principal import SYSTEM, Principal
from oa_api.jobs import actions
from oa_api.jobs.job_creation import add_jobs as add_planned_jobs
from oa_api.jobs.locks import lock_job
from oa_api.jobs.planning import PlannedJob, Rejection
from oa_api.jobs.refusals import keep_refusals
from oa_api.jobs.requests import NewRun
from oa_api.jobs.run_names import name_of_pull_request
from oa_api.jobs.runs import insert_run, lock_run
from oa_api.pull_requests.definition_review import FAILURE, Finding
from oa_api.pull_requests.rows import CheckRow, DueEntry
from oa_shared.job_kinds import JobKind
from oa_shared.json_types import JsonObject
from oa_shared.roles import Role
from oa_shared.scheduling import Lane, Tier
from oa_shared.status import ENDED_RANK
from oa_shared.tracing import new_traceparent

_SQL = load_queries("pull_requests.queries")
GITHUB = Principal("service", None, "github", Role.SERVICE)
SAMPLE_TIMEOUT_S = 75.0
CONCURRENT_JOBS = 50


async def create_run(
    transaction: Transaction,
    origin: JsonObject,
    planned: Sequence[PlannedJob],
    *,
    live: bool = False,
    sample: int | None = None,
    findings: Sequence[Finding] = (),
) -> int:
    """Create a run with its jobs and return its ID; the run records `origin`, the commit, and the problems found."""
    lane = Lane.MANUAL if live else Lane.PULL_REQUEST
    name = name_of_pull_request(origin, live=live, is_sample=sample is not None)
    new_run = NewRun(live=live, lane=lane, sample=sample, github=origin, name=name)
    run = (await insert_run(transaction, new_run, owner=SYSTEM)).id
    detail = {"live": live, "jobs": len(planned)}
    await audit_log.record(transaction, GITHUB, action="run.create", subject=f"run/{run}", detail=detail)
    await keep_refusals(transaction, run, [_as_rejection(each) for each in findings if each.level == FAILURE])
    await add_jobs(transaction, run, planned)
    return run


def _as_rejection(finding: Finding) -> Rejection:
    return Rejection(0, finding.path, "source.schema", f"line {finding.line}: {finding.message}", finding.pointer)


async def add_jobs(transaction: Transaction, run: int, planned: Sequence[PlannedJob]) -> None:
    """Create jobs of an existing run."""
    if planned:
        await add_planned_jobs(transaction, await lock_run(transaction, run), planned, new_traceparent())


async def cancel_runs(transaction: Transaction, runs: Sequence[int | None], *, reason: str) -> int:
    """Cancel the jobs of these runs that have not ended, and return their number."""
    values = {"runs": [run for run in runs if run is not None]}
    jobs = await transaction.all(_SQL["lock_unended_jobs"], values, into=int)
    for job in jobs:
        await actions.cancel(transaction, job, by=GITHUB, reason=reason)
    return len(jobs)


async def rerun_failed(transaction: Transaction, check: CheckRow, *, reason: str) -> int:
    """Rerun the entries of a check that failed or were canceled, and return their number."""
    values = {"sample_run": check.sample_run, "full_run": check.full_run}
    jobs = await transaction.all(_SQL["failed_jobs"], values, into=int)
    for job in jobs:
        await actions.rerun(transaction, job, by=GITHUB, reason=reason)
    return len(jobs)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a check waits for its samples, and how many of its full jobs run at the same time."""

    sample_timeout_s: float = SAMPLE_TIMEOUT_S
    concurrent_jobs: int = CONCURRENT_JOBS


async def start_full_jobs(transaction: Transaction, check_id: int, pace: Pace) -> int:
    """Create the full jobs of an open check whose samples have ended or timed out; return their number.

    An entry whose sample ended with a `source.*` code gets none: it would end in the same way (decision 13). Entries
    beyond the pace get their full jobs later, so that one pull request does not occupy all machines.
    """
    check = await transaction.first(_SQL["lock_open_check"], {"check": check_id}, into=CheckRow)
    if check is None or check.sample_run is None:
        return 0
    values = {**as_parameters(check), "sample_timeout_s": pace.sample_timeout_s}
    due = await transaction.all(_SQL["due_entries"], values, into=DueEntry)
    if not due:
        return 0
    # A sample that takes too long ends even while its full job has to wait.
    await _cancel_slow_samples(transaction, due)
    running = await transaction.first(_SQL["unended_full_jobs"], {"full_run": check.full_run}, into=int) or 0
    planned = [_plan(entry) for entry in due[: max(0, pace.concurrent_jobs - running)]]
    if not planned:
        return 0
    if check.full_run is None:
        run = await create_run(transaction, check.head.origin, planned)
        await transaction.execute(_SQL["start_full"], {"check": check_id, "run": run})
    else:
        await add_jobs(transaction, check.full_run, planned)
    return len(planned)


async def _cancel_slow_samples(transaction: Transaction, entries: Sequence[DueEntry]) -> None:
    slow = {entry.job for entry in entries if entry.rank < ENDED_RANK}
    if not slow:
        return
    run = (await lock_job(transaction, min(slow))).run_id
    for job in await transaction.all(_SQL["lock_unended_jobs"], {"runs": [run]}, into=int):
        if job in slow:
            await actions.cancel(transaction, job, by=GITHUB, reason="the sample took too long: the full job follows")


def _plan(entry: DueEntry) -> PlannedJob:
    return PlannedJob(
        source_name=entry.source_name,
        source_url=entry.source_url,
        sha256=entry.source_sha256,
        definition=entry.definition,
        layer=entry.layer,
        name=entry.name,
        tier=Tier(entry.tier),
        kind=JobKind.SOURCE,
        host=entry.host,
    )
