"""Jobs as pages: the list, and one job with everything about it."""

from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.jobs import filters
from oa_api.jobs.request_schemas import JobFilterSchema, JobSelectionSchema
from oa_api.jobs.serializers import serialize_job
from oa_api.ui.lists import Listing, asked_of, listing
from oa_api.ui.rendering import render


async def list_jobs(request: web.Request) -> web.Response:
    """Return a page of jobs, newest first, by the filters of GET /api/job."""
    asked = await asked_of(request, JobFilterSchema())
    jobs = await find_jobs(request, asked)
    return render(request, "jobs/list.html", asked=asked, jobs=jobs, bulk=to_all(request))


def to_all(request: web.Request, **more: Any) -> str:
    """Return the query of the page that does something to every job of the filter shown."""
    chosen = {name: request.query[name] for name in JobSelectionSchema().fields if request.query.get(name)}
    return urlencode({"action": "rerun", **chosen, **more})


async def find_jobs(request: web.Request, asked: dict[str, Any]) -> Listing:
    """Return the jobs that a filter asks for."""
    database, values = request.app[DATABASE], filters.list_parameters(asked)
    rows = [serialize_job(row) for row in await database.all(filters.list_statement("jobs", asked), values)]
    return listing(request, asked, rows, await filters.total_jobs(database, values))
