"""The log of a job's latest attempt, while it is written and afterwards."""

from typing import Any

from aiohttp import web

from oa_api.jobs.job_log import LEFT_OUT
from oa_api.jobs.pages.files import read_log
from oa_api.jobs.pages.summary import job_row
from oa_api.jobs.serializers import serialize_job
from oa_api.ui.rendering import render


async def show_log(request: web.Request) -> web.Response:
    """Return the last lines as a page."""
    row = await job_row(request)
    lines = [_line(said) for said in await read_log(request, row)]
    return render(request, "jobs/job/log.html", job=serialize_job(row), lines=lines)


def _line(said: dict[str, Any]) -> dict[str, str]:
    rest = " ".join(f"{key}={value}" for key, value in said.items() if key not in LEFT_OUT)
    told = {name: str(said.get(name, "")) for name in ("timestamp", "level", "event")}
    return {**told, "rest": rest}
