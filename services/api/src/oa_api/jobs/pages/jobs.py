"""The page of jobs."""

from urllib.parse import urlencode

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.jobs import queries
from oa_api.jobs.request_schemas import JobFilterSchema, JobSelectionSchema
from oa_api.jobs.requests import JobFilter
from oa_api.ui.lists import Listing, list_filter, make_listing
from oa_api.ui.rendering import render

_NOT_IN_BULK = ("bulk", "rerun", "acknowledged", "change")


async def list_jobs(request: web.Request) -> web.Response:
    """Show a page of jobs, newest first, with the filters of GET /api/job."""
    job_filter = await list_filter(request, JobFilterSchema())
    jobs = await find_jobs(request, job_filter)
    return render(request, "jobs/list.html", job_filter=job_filter, jobs=jobs, bulk_url=bulk_url(request))


def bulk_url(request: web.Request, *, run: int | None = None) -> str:
    """Return the URL of a bulk action on every job of the filter, or of a run.

    It is empty for a filter that bulk actions lack: the action would take more jobs than the page shows.
    """
    if any(request.query.get(name) for name in _NOT_IN_BULK):
        return ""
    names = JobSelectionSchema().fields
    selection = {name: request.query[name] for name in names if request.query.get(name)}
    return "/bulk?" + urlencode({"action": "rerun", **selection, **({"run": run} if run is not None else {})})


async def find_jobs(request: web.Request, job_filter: JobFilter) -> Listing:
    """Return the jobs of a filter, with links to further pages."""
    return make_listing(request, job_filter, await queries.list_jobs(request.app[DATABASE], job_filter))
