"""The page of a job's log: that of the latest attempt, also while it runs."""

from dataclasses import dataclass

from aiohttp import web

from oa_api.jobs.job_log import other_values
from oa_api.jobs.pages.files import read_log
from oa_api.jobs.pages.job_of_path import read_job
from oa_api.jobs.rows import JobRow
from oa_api.ui.rendering import render
from oa_shared.json_types import JsonMapping


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the log, its number among those that the page shows; `rest` holds its other values as key=value."""

    number: int
    timestamp: str
    level: str
    event: str
    rest: str


async def read_log_lines(request: web.Request, job: JobRow) -> list[LogLine]:
    """Return the last lines of the log of a job's latest attempt."""
    return [_line(number, entry) for number, entry in enumerate(await read_log(request, job), 1)]


async def show_log(request: web.Request) -> web.Response:
    """Show the last lines."""
    job = await read_job(request)
    lines = await read_log_lines(request, job)
    return render(request, "jobs/job/log.html", job=job, lines=lines)


def _line(number: int, entry: JsonMapping) -> LogLine:
    timestamp, level, event = (str(entry.get(name, "")) for name in ("timestamp", "level", "event"))
    return LogLine(number, timestamp, level, event, other_values(entry))
