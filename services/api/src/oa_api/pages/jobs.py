"""Jobs as pages: the list, and one job with everything about it."""

from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from oa_api.handlers import paging
from oa_api.pages.lists import Listing, asked_of, listing
from oa_api.pages.rendering import render
from oa_api.representation import job_view
from oa_api.schemas.requests import JobFilter, JobSelection
from oa_api.services import DATABASE


async def list_jobs(request: web.Request) -> web.Response:
    """Return a page of jobs, newest first, by the filters of GET /api/job."""
    asked = await asked_of(request, JobFilter())
    jobs = await find_jobs(request, asked)
    return render(request, "jobs/list.html", asked=asked, jobs=jobs, bulk=to_all(request))


def to_all(request: web.Request, **more: Any) -> str:
    """Return the query of the page that does something to every job of the filter shown."""
    chosen = {name: request.query[name] for name in JobSelection().fields if request.query.get(name)}
    return urlencode({"action": "rerun", **chosen, **more})


async def find_jobs(request: web.Request, asked: dict[str, Any]) -> Listing:
    """Return the jobs that a filter asks for."""
    database, values = request.app[DATABASE], paging.parameters(asked)
    rows = [job_view(row) for row in await database.all(paging.statement("jobs", asked), values)]
    return listing(request, asked, rows, await paging.total_jobs(database, values))
