"""The job that the path of a page names."""

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.http.request_parsing import path_id
from oa_api.jobs import queries
from oa_api.jobs.rows import JobRow


async def read_job(request: web.Request) -> JobRow:
    """Return the job of the path. Raises NotFoundError."""
    return await queries.get_job(request.app[DATABASE], path_id(request, "job"))
