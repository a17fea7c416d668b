"""The page of a job's log: that of the latest attempt, also while it runs."""

from dataclasses import dataclass

from aiohttp import web

from oa_api.jobs.job_log import other_values
from oa_api.jobs.pages.files import read_log
from oa_api.jobs.pages.summary import read_job
from oa_api.ui.rendering import render
from oa_shared.json_types import JsonMapping


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the log; `rest` has its other values as key=value."""

    timestamp: str
    level: str
    event: str
    rest: str


async def show_log(request: web.Request) -> web.Response:
    """Show the last lines."""
    job = await read_job(request)
    lines = [_line(entry) for entry in await read_log(request, job)]
    return render(request, "jobs/job/log.html", job=job, lines=lines)


def _line(entry: JsonMapping) -> LogLine:
    timestamp, level, event = (str(entry.get(name, "")) for name in ("timestamp", "level", "event"))
    return LogLine(timestamp, level, event, other_values(entry))
