"""Starting further attempts of a job: retries after a failure, and reruns."""

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.jobs.outbox import next_message, queue_message
from oa_api.jobs.rows import LockedJob
from oa_api.jobs.status_change import StatusChange, record_change
from oa_api.jobs.unchanged import PUBLICATION_GONE, force
from oa_shared.ids import new_token
from oa_shared.retries import Retry, plan_retry
from oa_shared.scheduling import Lane, Tier
from oa_shared.status import JobStatus

_SQL = load_queries("jobs.results")
RETRIED, RERUN = "job.retried", "job.rerun"


async def retry(transaction: Transaction, job: LockedJob, attempt: int, code: str) -> bool:
    """Start another attempt after `attempt` failed with `code`, if the rules allow one; return whether they do."""
    earlier_codes = await transaction.all(_SQL["earlier_codes"], {"job": job.id, "attempt": attempt}, into=str)
    plan = plan_retry(code, earlier_codes, Tier(job.tier))
    if plan is None or not _may_have(job, plan.tier):
        return False
    if code == PUBLICATION_GONE:
        await force(transaction, job)
    await start_attempt(transaction, job, plan, kind=RETRIED)
    return True


def _may_have(job: LockedJob, tier: Tier) -> bool:
    """Return whether a job may have a container of this tier: samples keep theirs, except in pull requests."""
    lane = Lane(job.lane)
    keeps_tier = bool(job.sample) and lane is not Lane.PULL_REQUEST
    return lane.allows(tier) and (tier == job.tier or not keeps_tier)


async def start_attempt(transaction: Transaction, job: LockedJob, plan: Retry, *, kind: str) -> int:
    """Start the next attempt of a job, with its message and an event of this kind; return its number."""
    token = new_token()
    values = {"job": job.id, "attempt": job.attempt, "new_token": token, "tier": plan.tier}
    (attempt,) = await transaction.all(_SQL["next_attempt"], values, into=int)
    opened = {"job": job.id, "attempt": attempt, "token": token, "tier": plan.tier}
    await transaction.execute(_SQL["insert_attempt"], opened)
    message = next_message(job, attempt=attempt, token=token, tier=plan.tier)
    await queue_message(transaction, message, delay_s=plan.delay_s)
    change = StatusChange(job=job.id, attempt=attempt, token=token, status=JobStatus.PENDING, kind=kind)
    await record_change(transaction, change, accepted=True)
    return attempt
