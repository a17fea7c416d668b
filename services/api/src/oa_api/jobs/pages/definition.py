"""The page of the definition that a job was created from, with its entry and its failure marked."""

from aiohttp import web

from oa_api.http.errors import NotFoundError
from oa_api.jobs.pages.definition_reading import read_view
from oa_api.jobs.pages.job_of_path import read_job
from oa_api.ui.rendering import render


async def show_definition(request: web.Request) -> web.Response:
    """Show the definition."""
    job = await read_job(request)
    view, repair = await read_view(request, job)
    return render(request, "jobs/job/definition.html", job=job, view=view, repair=repair)


async def get_patch(request: web.Request) -> web.Response:
    """Return the patch of the definition of a failed job, as text. Raises NotFoundError if no change is sure."""
    job = await read_job(request)
    _, repair = await read_view(request, job)
    if not repair.patch:
        raise NotFoundError(f"no patch is known for job {job.id}")
    return web.Response(text=repair.patch, content_type="text/plain")
