"""Whether a request comes from the container of an attempt that is not over."""

import hmac

import structlog

from oa_api.attempt_access.rows import LatestAttemptRow
from oa_api.db.database import Database
from oa_api.db.query_files import load_queries
from oa_api.http.errors import ConflictError, ForbiddenError, NotFoundError
from oa_shared.status import JobStatus
from oa_shared.transitions import Ignore, JobState, StatusReport, decide

_SQL = load_queries("attempt_access.queries")


async def check_open(database: Database, *, job: int, attempt: int, token: str) -> None:
    """Check that an attempt is the latest of its job, has this token, and may still succeed.

    An attempt that is presumed lost is open: its success would count. Raises NotFoundError for an unknown job,
    ForbiddenError for another token, ConflictError for an attempt that is over.
    """
    latest = await database.first(_SQL["latest_attempt"], {"job": job}, into=LatestAttemptRow)
    if latest is None:
        raise NotFoundError(f"job {job} does not exist")
    structlog.contextvars.bind_contextvars(run_id=latest.run, attempt=attempt)
    if attempt != latest.attempt:
        raise ConflictError(f"job {job} is at attempt {latest.attempt}: attempt {attempt} is over")
    if not hmac.compare_digest(latest.token.encode(), token.encode()):
        raise ForbiddenError(f"the token is not that of job {job}, attempt {attempt}")
    state = JobState(JobStatus(latest.status), latest.attempt, latest.token, latest.error_code)
    if isinstance(decide(state, StatusReport(JobStatus.SUCCESS, attempt, latest.token)), Ignore):
        raise ConflictError(f"job {job}, attempt {attempt} is over: {latest.status}")
