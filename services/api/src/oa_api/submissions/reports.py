"""Attempts that Batch has accepted: the reports of the dispatcher, many in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.jobs.rows import LockedJob
from oa_api.submissions.requests import SubmittedAttempt
from oa_api.submissions.rows import SubmissionStateRow
from oa_shared.status import JobStatus
from oa_shared.transitions import Accept, StatusReport, decide

_SQL = load_queries("submissions.queries")
# The kind of the events of PATCH /api/job/JOB, which reports the same for one attempt.
_KIND = "api.patch"


@dataclass(frozen=True, slots=True)
class SubmissionOutcome:
    """What became of the report of a job: its new status, or the reason for ignoring the report."""

    job: int
    outcome: str


async def list_states(database: Database, jobs: Sequence[int]) -> list[SubmissionStateRow]:
    """Return the latest attempts of the jobs that exist."""
    return await database.all(_SQL["states"], {"jobs": list(jobs)}, into=SubmissionStateRow)


async def report_submitted(transaction: Transaction, attempts: Sequence[SubmittedAttempt]) -> list[SubmissionOutcome]:
    """Apply each report as `actions.report_status` does; return the outcomes of the jobs that exist."""
    jobs = {attempt.job: attempt for attempt in attempts}
    locked = await transaction.all(_SQL["lock_submitted"], {"jobs": list(jobs)}, into=LockedJob)
    decided = [(job, jobs[job.id], _reason_to_ignore(job, jobs[job.id])) for job in locked]
    values = {
        "kind": _KIND,
        "jobs": [job.id for job, _, _ in decided],
        "runs": [job.run_id for job, _, _ in decided],
        "attempts": [attempt.attempt for _, attempt, _ in decided],
        "tokens": [attempt.token for _, attempt, _ in decided],
        "batch_jobs": [attempt.batch_job for _, attempt, _ in decided],
        "reasons": [reason for _, _, reason in decided],
    }
    await transaction.execute(_SQL["apply_submitted"], values)
    outcomes = {job.id: reason or str(JobStatus.SUBMITTED) for job, _, reason in decided}
    return [SubmissionOutcome(job, outcomes[job]) for job in jobs if job in outcomes]


def _reason_to_ignore(job: LockedJob, attempt: SubmittedAttempt) -> str | None:
    outcome = decide(job.state, StatusReport(JobStatus.SUBMITTED, attempt.attempt, attempt.token))
    return None if isinstance(outcome, Accept) else str(outcome.reason)
