"""The endpoints below /api/job."""

from functools import partial
from typing import TypeVar

import structlog
from aiohttp import web

from oa_api.http.app_keys import DATABASE, STORAGE
from oa_api.http.conditional import respond_conditionally
from oa_api.http.errors import ConflictError, NotFoundError
from oa_api.http.paging import list_response
from oa_api.http.request_parsing import path_id, read_body, read_query
from oa_api.http.schemas import ActionReasonSchema
from oa_api.identity.authorization import is_trusted
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs import actions, queries
from oa_api.jobs.actions import JobAction
from oa_api.jobs.files import check_kept, send_file
from oa_api.jobs.job_log import as_text
from oa_api.jobs.request_schemas import AttemptReportSchema, JobFilterSchema, LogFormatSchema, OutputChoiceSchema
from oa_api.jobs.requests import OutputChoice
from oa_api.jobs.rows import JobRow
from oa_api.jobs.schemas import AttemptStateSchema, JobStatusSchema, NewAttemptSchema, ReportOutcomeSchema
from oa_api.jobs.serializers import serialize_history, serialize_listed_job
from oa_shared.download_names import download_name
from oa_shared.ids import attempt_prefix
from oa_shared.job_kinds import JobKind
from oa_shared.status import JobStatus
from oa_shared.transitions import IgnoredBecause

_Result = TypeVar("_Result")


async def list_jobs(request: web.Request) -> web.Response:
    """Return a page of jobs, newest first."""
    job_filter = await read_query(request, JobFilterSchema())
    page = await queries.list_jobs(request.app[DATABASE], job_filter)
    serialize = partial(serialize_listed_job, with_token=is_trusted(request), shape=job_filter.fields)
    return list_response(request, job_filter, "jobs", page, serialize=serialize)


async def get_job(request: web.Request) -> web.Response:
    """Return a job with its attempts and events, or 304; a service, which sees tokens, always gets the job."""
    history = await queries.get_history(request.app[DATABASE], await _read_job(request))
    response = web.json_response(serialize_history(history, with_token=is_trusted(request)))
    return response if is_trusted(request) else respond_conditionally(request, response)


async def get_state(request: web.Request) -> web.Response:
    """Return the latest attempt of a job and its status."""
    state = await queries.get_attempt_state(request.app[DATABASE], path_id(request, "job"))
    structlog.contextvars.bind_contextvars(run_id=state.run, attempt=state.attempt)
    return web.json_response(AttemptStateSchema().dump(state))


async def patch_job(request: web.Request) -> web.Response:
    """Apply the report of a service; 409 names the reason for ignoring it."""
    job = path_id(request, "job")
    report = await read_body(request, AttemptReportSchema())
    outcome = await request.app[DATABASE].run(lambda transaction: actions.report_status(transaction, job, report))
    if outcome in set(IgnoredBecause):
        raise ConflictError(f"ignored: {outcome}", fields={"reason": [outcome]})
    return web.json_response(ReportOutcomeSchema().dump({"job": job, "outcome": outcome}))


async def get_raw(request: web.Request) -> web.Response:
    """Return the definition that the job was created from."""
    definition = await queries.get_definition(request.app[DATABASE], path_id(request, "job"))
    return web.Response(text=definition, content_type="application/json")


async def get_log(request: web.Request) -> web.Response:
    """Return the log of the latest attempt, as JSON lines or as text."""
    log_format, job = await read_query(request, LogFormatSchema()), await _read_job(request)
    key = attempt_prefix(job.id, job.attempt) + "log.jsonl"
    await check_kept(request, key)
    lines = await request.app[STORAGE].get_bytes(key) or b""
    if log_format.format == "text":
        return web.Response(text=as_text(lines.decode("utf-8", "replace")), content_type="text/plain")
    return web.Response(body=lines, content_type="application/jsonl", charset="utf-8")


async def get_output(request: web.Request) -> web.StreamResponse:
    """Redirect to a file of the job, or stream it."""
    return await send_chosen_output(request, await read_query(request, OutputChoiceSchema()))


async def send_chosen_output(request: web.Request, choice: OutputChoice) -> web.StreamResponse:
    """Redirect to the file of the path, or stream it. Raises NotFoundError, GoneError."""
    name, job = request.match_info["file"], await _read_job(request)
    output = job.files.get(name)
    if choice.attempt not in (None, job.attempt) or job.result is None:
        # A published attempt keeps its files when the job runs again.
        output = await queries.get_published_file(request.app[DATABASE], job=job.id, attempt=choice.attempt, file=name)
    if output is None or output.key is None:
        raise NotFoundError(f"job {job.id} has no file {name[:60]!r}")
    return await send_file(request, output.key, save_as=download_name(name, *await _parts_of_name(request, job)))


async def _parts_of_name(request: web.Request, job: JobRow) -> tuple[str, ...]:
    """Return the parts of the name of the dataset that a job built or converted, else those of its product."""
    if job.kind in {JobKind.SOURCE, JobKind.BACKFILL}:
        return job.source_name, job.layer, job.name
    dataset = await queries.get_converted_dataset(request.app[DATABASE], job.id)
    return (dataset.source_name, dataset.layer, dataset.name) if dataset is not None else (job.source_name,)


async def post_rerun(request: web.Request) -> web.Response:
    """Start a new attempt of an ended job."""
    job, attempt = await _run_action(request, actions.rerun)
    return web.json_response(NewAttemptSchema().dump({"job": job, "attempt": attempt}))


async def post_run_now(request: web.Request) -> web.Response:
    """Start the attempt of a job that waits for its retry."""
    job, attempt = await _run_action(request, actions.run_now)
    return web.json_response(NewAttemptSchema().dump({"job": job, "attempt": attempt}))


async def post_cancel(request: web.Request) -> web.Response:
    """Cancel a job that has not ended."""
    return await _change_status(request, actions.cancel, JobStatus.CANCELED)


async def post_confirm(request: web.Request) -> web.Response:
    """Publish a result that needs review."""
    return await _change_status(request, actions.confirm, JobStatus.SUCCESS)


async def post_reject(request: web.Request) -> web.Response:
    """End a job that needs review as failed."""
    return await _change_status(request, actions.reject, JobStatus.FAIL)


async def _change_status(request: web.Request, action: JobAction[None], status: JobStatus) -> web.Response:
    job, _ = await _run_action(request, action)
    return web.json_response(JobStatusSchema().dump({"job": job, "status": status}))


async def _run_action(request: web.Request, action: JobAction[_Result]) -> tuple[int, _Result]:
    """Run an action on the job of the path, and return the job's ID and the result of the action."""
    job = path_id(request, "job")
    reason = (await read_body(request, ActionReasonSchema())).reason
    by = request[PRINCIPAL]
    return job, await request.app[DATABASE].run(lambda transaction: action(transaction, job, by=by, reason=reason))


async def _read_job(request: web.Request) -> JobRow:
    """Return the job of the path, and add its IDs to the log lines of the request. Raises NotFoundError."""
    job = await queries.get_job(request.app[DATABASE], path_id(request, "job"))
    structlog.contextvars.bind_contextvars(run_id=job.run, attempt=job.attempt)
    return job
