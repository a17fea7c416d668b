"""The endpoints of the dispatcher for many jobs, and of containers of array jobs."""

from functools import partial

from aiohttp import hdrs, web

from oa_api.http.app_keys import DATABASE, IDENTITY_CHECK
from oa_api.http.errors import ForbiddenError
from oa_api.http.request_parsing import path_id, read_body
from oa_api.submissions import arrays, reports
from oa_api.submissions.requests import ArrayChild
from oa_api.submissions.schemas import (
    ArrayChildAttemptSchema,
    ArrayChildSchema,
    ArrayTurnSchema,
    AskedJobsSchema,
    BatchArraySchema,
    CreatedArraySchema,
    NewArraySchema,
    SubmissionOutcomesSchema,
    SubmissionStatesSchema,
    SubmittedArraySchema,
    SubmittedAttemptsSchema,
)
from oa_shared.caller_identity import IdentityRefusedError, purpose_of_child

_NO_STORE = {hdrs.CACHE_CONTROL: "no-store"}


async def post_states(request: web.Request) -> web.Response:
    """Return the latest attempts of jobs."""
    selection = await read_body(request, AskedJobsSchema())
    states = await reports.list_states(request.app[DATABASE], selection.jobs)
    return web.json_response(SubmissionStatesSchema().dump({"states": states}))


async def post_submitted(request: web.Request) -> web.Response:
    """Apply the reports that Batch has accepted attempts."""
    reported = (await read_body(request, SubmittedAttemptsSchema())).attempts
    outcomes = await request.app[DATABASE].run(partial(reports.report_submitted, attempts=reported))
    return web.json_response(SubmissionOutcomesSchema().dump({"outcomes": outcomes}))


async def post_array(request: web.Request) -> web.Response:
    """Create an array of attempts."""
    new = await read_body(request, NewArraySchema())
    created = await request.app[DATABASE].run(partial(arrays.create_array, new=new))
    return web.json_response(CreatedArraySchema().dump(created))


async def post_turn(request: web.Request) -> web.Response:
    """Let the dispatcher submit an array; 409 while another one does."""
    array, turn = path_id(request, "array"), await read_body(request, ArrayTurnSchema())
    row = await request.app[DATABASE].run(partial(arrays.take_turn, array=array, turn_s=turn.turn_s))
    return web.json_response(BatchArraySchema().dump(row))


async def post_submitted_array(request: web.Request) -> web.Response:
    """Record the array job of an array, and its attempts as submitted."""
    array, submitted = path_id(request, "array"), await read_body(request, SubmittedArraySchema())
    work = partial(arrays.record_array_job, array=array, batch_job=submitted.batch_job)
    outcomes = await request.app[DATABASE].run(work)
    return web.json_response(SubmissionOutcomesSchema().dump({"outcomes": outcomes}))


async def delete_array(request: web.Request) -> web.Response:
    """Delete an array that Batch has refused."""
    row = await request.app[DATABASE].run(partial(arrays.release_array, array=path_id(request, "array")))
    return web.json_response(BatchArraySchema().dump(row))


async def post_child(request: web.Request) -> web.Response:
    """Return what the container of a child works on."""
    array, child = path_id(request, "array"), await read_body(request, ArrayChildSchema())
    session = await _identify(request, array, child)
    row = await request.app[DATABASE].run(partial(arrays.assign_child, array=array, child=child, session=session))
    return web.json_response(ArrayChildAttemptSchema().dump(row), headers=_NO_STORE)


async def _identify(request: web.Request, array: int, child: ArrayChild) -> str | None:
    """Return the session of the container that asks, None if this system checks none.

    Raises ForbiddenError without a proof, IdentityUnavailableError.
    """
    check = request.app[IDENTITY_CHECK]
    if check is None:
        return None
    try:
        return await check.identify(child.proof or {}, purpose_of_child(array, child.place))
    except IdentityRefusedError as error:
        raise ForbiddenError(error.detail) from error
