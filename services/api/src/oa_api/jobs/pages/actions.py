"""The forms of a job's page: rerun, cancel, publish and reject; each leads back to the page."""

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ConflictError
from oa_api.http.forms import read_form
from oa_api.http.request_parsing import path_id
from oa_api.http.schemas import ActionReasonSchema
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs import actions
from oa_api.jobs.actions import JobAction
from oa_api.ui import flash


async def post_rerun(request: web.Request) -> web.Response:
    """Start a new attempt of an ended job."""
    return await _run_action(request, actions.rerun, "Job {job} is running again.")


async def post_run_now(request: web.Request) -> web.Response:
    """Start the attempt of a job that waits for its retry."""
    return await _run_action(request, actions.run_now, "Job {job} starts as soon as a machine is free.")


async def post_cancel(request: web.Request) -> web.Response:
    """Cancel a job that has not ended."""
    return await _run_action(request, actions.cancel, "Job {job} canceled. Its container stops soon.")


async def post_confirm(request: web.Request) -> web.Response:
    """Publish a result that needs review."""
    return await _run_action(request, actions.confirm, "Job {job} confirmed.")


async def post_reject(request: web.Request) -> web.Response:
    """End a job that needs review as failed."""
    return await _run_action(request, actions.reject, "Job {job} rejected.")


async def _run_action(request: web.Request, action: JobAction[object], message: str) -> web.Response:
    """Run an action on the job of the path; a conflict with its status shows as a message on its page."""
    job = path_id(request, "job")
    reason, by = (await read_form(request, ActionReasonSchema())).reason, request[PRINCIPAL]
    try:
        await request.app[DATABASE].run(lambda transaction: action(transaction, job, by=by, reason=reason))
    except ConflictError as error:
        return flash.see_other(request, f"/jobs/{job}", f"Not changed: {error.detail}.", kind="bad")
    return flash.see_other(request, f"/jobs/{job}", message.format(job=job))
