"""The log of a job's latest attempt, while it is written and afterwards."""

from typing import Any

from aiohttp import web

from oa_api.log_lines import LEFT_OUT
from oa_api.pages.job.files import read_log
from oa_api.pages.job.summary import job_row
from oa_api.pages.rendering import render
from oa_api.representation import job_view


async def show_log(request: web.Request) -> web.Response:
    """Return the last lines as a page."""
    row = await job_row(request)
    lines = [_line(said) for said in await read_log(request, row)]
    return render(request, "job/log.html", job=job_view(row), lines=lines)


def _line(said: dict[str, Any]) -> dict[str, str]:
    rest = " ".join(f"{key}={value}" for key, value in said.items() if key not in LEFT_OUT)
    told = {name: str(said.get(name, "")) for name in ("timestamp", "level", "event")}
    return {**told, "rest": rest}
