"""The page of the definition that a job was created from, with its entry and its failure marked."""

from aiohttp import web

from oa_api.jobs.pages.definition_reading import read_view
from oa_api.jobs.pages.job_of_path import read_job
from oa_api.ui.rendering import render


async def show_definition(request: web.Request) -> web.Response:
    """Show the definition."""
    job = await read_job(request)
    view, repair = await read_view(request, job)
    return render(request, "jobs/job/definition.html", job=job, view=view, repair=repair)
