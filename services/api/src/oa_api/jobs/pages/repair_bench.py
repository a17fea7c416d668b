"""What the page of a failed job shows to repair it: lines of the definition, a patch, the log."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from aiohttp import web

from oa_api.acknowledgements.acknowledgements import find_acknowledgement
from oa_api.acknowledgements.rows import AcknowledgementRow
from oa_api.http.app_keys import DATABASE
from oa_api.jobs import queries
from oa_api.jobs.definition_view import Line
from oa_api.jobs.pages.definition_reading import read_view
from oa_api.jobs.pages.log import LogLine, read_log_lines
from oa_api.jobs.rows import AttemptRow, JobHistory, JobRow, WaitingAttempt
from oa_shared.failure_details import DETAILS, ServerAnswer
from oa_shared.failure_details_schema import read_details
from oa_shared.job_kinds import JobKind
from oa_shared.status import JobStatus

_LOG_LINES = 15
_ACKNOWLEDGED_DAYS = 14


@dataclass(frozen=True, slots=True)
class RepairBench:
    """The details of the failure of a job; `others` counts other sources that fail so at the same host."""

    quote: list[Line] = field(default_factory=list)
    patch: str = ""
    answer: ServerAnswer | None = None
    failing_since: datetime | None = None
    others: int = 0
    log: list[LogLine] = field(default_factory=list)
    acknowledgement: AcknowledgementRow | None = None

    @property
    def suggested_until(self) -> date:
        """Return the day that the form to acknowledge the failure proposes."""
        return datetime.now(UTC).date() + timedelta(days=_ACKNOWLEDGED_DAYS)


@dataclass(frozen=True, slots=True)
class WaitingRetry:
    """An attempt that starts automatically later, and the failed attempt before it."""

    waiting: WaitingAttempt
    failed: AttemptRow


async def read_bench(request: web.Request, job: JobRow) -> RepairBench | None:
    """Return what helps to repair a failed job of a source, None for any other job."""
    if job.status != JobStatus.FAIL or job.kind != JobKind.SOURCE:
        return None
    database = request.app[DATABASE]
    view, repair = await read_view(request, job)
    return RepairBench(
        quote=view.quote(),
        patch=repair.patch,
        answer=read_details((job.result or {}).get(DETAILS)).answer,
        failing_since=await queries.find_failing_since(database, job),
        others=await queries.count_same_failures(database, job) if job.host else 0,
        log=(await read_log_lines(request, job))[-_LOG_LINES:],
        acknowledgement=await find_acknowledgement(database, job.source_name, job.error_code or ""),
    )


async def find_retry(request: web.Request, history: JobHistory) -> WaitingRetry | None:
    """Return the retry that a job waits for after a failed attempt, None without one."""
    failed = next((each for each in reversed(history.attempts) if each.error_code), None)
    if history.job.status != JobStatus.PENDING or failed is None:
        return None
    waiting = await queries.find_waiting_attempt(request.app[DATABASE], history.job.id)
    return WaitingRetry(waiting, failed) if waiting is not None else None
