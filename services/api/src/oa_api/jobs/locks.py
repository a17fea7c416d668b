"""Locking a job, so that no other transaction changes it before this one ends."""

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import NotFoundError
from oa_api.jobs.rows import LockedJob

_SQL = load_queries("jobs.results")


async def find_and_lock_job(transaction: Transaction, job: int) -> LockedJob | None:
    """Lock a job and return it; None if it does not exist."""
    return await transaction.first(_SQL["lock_job"], {"job": job}, into=LockedJob)


async def lock_job(transaction: Transaction, job: int) -> LockedJob:
    """Lock a job and return it. Raises NotFoundError."""
    locked = await find_and_lock_job(transaction, job)
    if locked is None:
        raise NotFoundError(f"job {job} does not exist")
    return locked
