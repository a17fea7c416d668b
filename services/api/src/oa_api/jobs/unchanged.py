"""Jobs whose source has not changed: they keep the published files (docs/architecture.md, "Unchanged sources").

A task compares its input with a publication that it read at its start. The transaction that accepts the result locks
the row of the dataset and decides whether that publication is still current.
"""

from dataclasses import dataclass, replace

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.jobs.rows import AttemptError, LockedJob
from oa_api.jobs.status_change import KeptAttempt, StatusChange
from oa_shared.job_result import SAME_AS, UNCHANGED
from oa_shared.json_types import JsonObject
from oa_shared.status import JobStatus

_SQL = load_queries("jobs.unchanged")
PUBLICATION_GONE = "infra.publication_gone"
# What a result says about the work of its job: the job that keeps its files did none of it.
_OF_THE_WORK = frozenset({"seconds", "changes", "outputs"})
_DIFFERENCE_FILES = frozenset({"changes.jsonl.gz", "delta.geojson"})


@dataclass(frozen=True, slots=True)
class KeptPublication:
    """The published result that stays."""

    result: JsonObject | None


async def resolve_unchanged(transaction: Transaction, job: LockedJob, change: StatusChange) -> StatusChange:
    """Return a report about an unchanged source with the published result, which it names; other reports unchanged.

    If that result is not offered anymore, if its files are deleted or lost, or if the job must write new files,
    return a failure: the next attempt writes them. Locks the row of the dataset.
    """
    result = change.result or {}
    if change.status is not JobStatus.SUCCESS or not result.get(UNCHANGED):
        return change
    kept = _kept_attempt(result)
    published = await _find_kept(transaction, job, kept) if kept is not None else None
    if kept is None or published is None:
        text = "the source has not changed, but the published files that the task compared with are gone"
        return replace(change, status=JobStatus.FAIL, result=None, error=AttemptError(PUBLICATION_GONE, text))
    return replace(change, result=_result_of_unchanged(published.result or {}), kept=kept)


async def record_check(transaction: Transaction, job: LockedJob) -> None:
    """Record that a job found the published data of its dataset up to date."""
    await transaction.execute(_SQL["mark_checked"], {"job": job.id})
    await transaction.execute(_SQL["record_check"], {"job": job.id})


async def force(transaction: Transaction, job: LockedJob) -> None:
    """Make the next attempts of a job write new files."""
    await transaction.execute(_SQL["force"], {"job": job.id})


def _kept_attempt(result: JsonObject) -> KeptAttempt | None:
    """Return the published attempt that a task names."""
    same_as = result.get(SAME_AS)
    if not isinstance(same_as, dict):
        return None
    job, attempt = same_as.get("job"), same_as.get("attempt")
    return KeptAttempt(job, attempt) if isinstance(job, int) and isinstance(attempt, int) else None


async def _find_kept(transaction: Transaction, job: LockedJob, kept: KeptAttempt) -> KeptPublication | None:
    values = {"job": job.id, "kept_job": kept.job, "kept_attempt": kept.attempt}
    return await transaction.first(_SQL["kept_publication"], values, into=KeptPublication)


def _result_of_unchanged(published: JsonObject) -> JsonObject:
    """Return the published result as that of a job that changed nothing: its counts and files, without differences."""
    result = {key: value for key, value in published.items() if key not in _OF_THE_WORK}
    outputs = published.get("outputs")
    if isinstance(outputs, dict):
        result["outputs"] = {name: facts for name, facts in outputs.items() if name not in _DIFFERENCE_FILES}
    changes = {"previous": True, "added": 0, "removed": 0, "changed": 0, "unchanged": published.get("count")}
    return {**result, "changes": changes, UNCHANGED: True}
