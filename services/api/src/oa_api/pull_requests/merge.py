"""Making the default branch live: with jobs of pull requests that have the same definitions, else with new jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.db.rows import as_parameters
from oa_api.identity import audit_log
from oa_api.jobs.planning import PlannedJob
from oa_api.jobs.publishing import publish_run
from oa_api.pull_requests.definition_review import Review
from oa_api.pull_requests.rows import LiveEntry, TrialJob
from oa_api.pull_requests.runs import GITHUB, create_run
from oa_api.pull_requests.targets import BranchCommit

_SQL = load_queries("pull_requests.queries")
_WITHOUT_RESULT = frozenset({"Fail", "Canceled"})
EntryKey = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class MergePlan:
    """The runs that become live, and the entries that get new jobs."""

    runs: list[int]
    new_jobs: list[PlannedJob]


async def publish_merge(transaction: Transaction, changes: Review, commit: BranchCommit) -> str:
    """Make the changed entries live, once, however often it is called; return a summary.

    An entry is live already when its newest live job has the same definition.
    """
    await transaction.execute(_SQL["lock_merges"], {"repository": commit.repository})
    missing, published = await _find_missing(transaction, changes.jobs)
    trial_jobs = await _list_trial_jobs(transaction, missing, commit.repository) if missing else []
    merge_plan = plan_merge(missing, published, trial_jobs)
    for run in merge_plan.runs:
        await _make_live(transaction, run)
    new_jobs = merge_plan.new_jobs
    live_run = None
    if new_jobs:
        live_run = await create_run(transaction, commit.origin, new_jobs, live=True, findings=changes.findings)
    values = {**as_parameters(commit), "runs": merge_plan.runs, "live_run": live_run}
    await transaction.execute(_SQL["merge_checks"], values)
    return f"live runs: {merge_plan.runs or 'none'}; new live jobs: {len(new_jobs)} (run {live_run or '-'})"


def plan_merge(
    missing: Sequence[PlannedJob], published: Mapping[EntryKey, int], trial_jobs: Sequence[TrialJob]
) -> MergePlan:
    """Return which runs with trial jobs of these definitions become live; `trial_jobs` has the newest run first.

    A run becomes live if it has no results of other definitions, and nothing newer is published (a run in between
    produced data of the previous definition). Entries that failed there get new jobs.
    """
    open_jobs = {_key(job): job for job in missing}
    runs: list[int] = []
    for run, jobs in _group_by_run(trial_jobs).items():
        successful = [job for job in jobs if job.status not in _WITHOUT_RESULT]
        if successful and all(_is_usable(job, open_jobs, published) for job in successful):
            runs.append(run)
            for job in successful:
                open_jobs.pop(_trial_key(job), None)
    return MergePlan(runs, list(open_jobs.values()))


def _is_usable(job: TrialJob, open_jobs: Mapping[EntryKey, PlannedJob], published: Mapping[EntryKey, int]) -> bool:
    key = _trial_key(job)
    return key in open_jobs and published.get(key, 0) < job.job


def _group_by_run(jobs: Sequence[TrialJob]) -> dict[int, list[TrialJob]]:
    by_run: dict[int, list[TrialJob]] = {}
    for job in jobs:
        by_run.setdefault(job.run, []).append(job)
    return by_run


def _key(job: PlannedJob) -> EntryKey:
    return job.source_name, job.layer, job.name, job.sha256


def _trial_key(job: TrialJob) -> EntryKey:
    return job.source_name, job.layer, job.name, job.sha256


async def _find_missing(
    transaction: Transaction, planned: Sequence[PlannedJob]
) -> tuple[list[PlannedJob], dict[EntryKey, int]]:
    """Return the entries whose newest live job has another definition, and the published job of each."""
    values = {
        "source_name": [job.source_name for job in planned],
        "layer": [job.layer for job in planned],
        "name": [job.name for job in planned],
    }
    entries = await transaction.all(_SQL["live_entries"], values, into=LiveEntry)
    missing = [entry for entry in entries if entry.live_sha256 != planned[entry.index].sha256]
    published = {_key(planned[entry.index]): entry.published for entry in missing if entry.published is not None}
    return [planned[entry.index] for entry in missing], published


async def _list_trial_jobs(transaction: Transaction, missing: Sequence[PlannedJob], repository: str) -> list[TrialJob]:
    """Return the jobs of the trial runs with these definitions, of runs that nothing else changes until the end."""
    values = {"sha256": sorted({job.sha256 for job in missing}), "repository": repository}
    runs = await transaction.all(_SQL["lock_trial_runs"], values, into=int)
    return await transaction.all(_SQL["trial_jobs"], {"runs": runs}, into=TrialJob)


async def _make_live(transaction: Transaction, run: int) -> None:
    if await transaction.execute(_SQL["make_live"], {"run": run}):
        await audit_log.record(transaction, GITHUB, action="run.change", subject=f"run/{run}", detail={"live": True})
        await publish_run(transaction, run)
