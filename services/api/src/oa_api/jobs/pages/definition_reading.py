"""The definition of a job for its pages: read, with the lines of its failure marked."""

import asyncio

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.jobs import queries
from oa_api.jobs.definition_view import DefinitionView, readable_text, view_definition
from oa_api.jobs.repair import JobFault, Repair, propose_repair
from oa_api.jobs.rows import JobRow
from oa_shared.failure_details import DETAILS
from oa_shared.failure_details_schema import read_details


async def read_view(request: web.Request, job: JobRow) -> tuple[DefinitionView, Repair]:
    """Return the definition of a job with its failure marked, and the repair."""
    text = await queries.get_definition(request.app[DATABASE], job.id)
    return await asyncio.to_thread(_view, text, job)


def _view(text: str, job: JobRow) -> tuple[DefinitionView, Repair]:
    repair = Repair([])
    try:
        text = readable_text(text)
        if job.error_code:
            details = read_details((job.result or {}).get(DETAILS))
            fault = JobFault(job.layer, job.name, job.error_code, job.error_message or "", details)
            repair = propose_repair(text, fault, file=f"sources/{job.source_name}.json")
    except (ValueError, RecursionError):
        repair = Repair([])
    return view_definition(text, job.layer, job.name, repair.lines), repair
