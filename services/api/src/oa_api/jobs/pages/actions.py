"""What a person may do to a job from its page; each form leads back there."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ConflictError
from oa_api.http.forms import form
from oa_api.http.request_parsing import path_id
from oa_api.http.schemas import ReasonSchema
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs import actions
from oa_api.ui import flash


async def post_rerun(request: web.Request) -> web.Response:
    """Run an ended job again."""
    return await _act(request, actions.rerun, "Job {job} runs again.")


async def post_cancel(request: web.Request) -> web.Response:
    """Cancel a job that has not ended."""
    return await _act(request, actions.cancel, "Job {job} is cancelled; its container is stopped soon.")


async def post_confirm(request: web.Request) -> web.Response:
    """Publish a job that is held back."""
    return await _act(request, actions.confirm, "Job {job} is confirmed.")


async def post_reject(request: web.Request) -> web.Response:
    """End a job that is held back as failed."""
    return await _act(request, actions.reject, "Job {job} is rejected.")


async def _act(request: web.Request, action: Callable[..., Awaitable[Any]], done: str) -> web.Response:
    """Do it for whoever asks; what the state of the job does not allow is told on its page."""
    job = path_id(request, "job")
    reason, by = (await form(request, ReasonSchema()))["reason"], request[PRINCIPAL]
    try:
        await request.app[DATABASE].run(lambda transaction: action(transaction, job, by=by, reason=reason))
    except ConflictError as error:
        return flash.see_other(request, f"/jobs/{job}", f"Nothing was changed: {error.detail}.", kind="bad")
    return flash.see_other(request, f"/jobs/{job}", done.format(job=job))
