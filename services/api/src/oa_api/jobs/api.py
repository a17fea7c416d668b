"""The endpoints below /api/job."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from aiohttp import web

from oa_api.db.database import Row
from oa_api.db.query_files import load_queries
from oa_api.http import paging
from oa_api.http.app_keys import DATABASE, STORAGE
from oa_api.http.errors import ConflictError, NotFoundError
from oa_api.http.request_parsing import body, path_id, query
from oa_api.http.schemas import ReasonSchema
from oa_api.identity.authorization import is_trusted
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs import actions, filters, publication_record
from oa_api.jobs.files import check_kept, send
from oa_api.jobs.job_log import as_text
from oa_api.jobs.request_schemas import JobChangeSchema, JobFilterSchema, LogFormatSchema, OutputChoiceSchema
from oa_api.jobs.schemas import MovedSchema, OpenedSchema, SettledSchema
from oa_api.jobs.serializers import serialize_job, serialize_job_detail
from oa_shared.ids import attempt_prefix
from oa_shared.transitions import IgnoredBecause

_SQL = load_queries("jobs.reads")
_Done = TypeVar("_Done")


async def list_jobs(request: web.Request) -> web.Response:
    """Return a page of jobs, newest first."""
    asked, database = await query(request, JobFilterSchema()), request.app[DATABASE]
    values = filters.list_parameters(asked)
    total = await filters.total_jobs(database, values)
    trusted = is_trusted(request)
    rows = [
        serialize_job(row, trusted=trusted) for row in await database.all(filters.list_statement("jobs", asked), values)
    ]
    return paging.page_response(request, asked, "jobs", rows, total=total)


async def get_job(request: web.Request) -> web.Response:
    """Return everything about a job, its attempts and its events."""
    database, row = request.app[DATABASE], await _job(request)
    values = {"job": row["id"]}
    view = serialize_job_detail(
        row,
        trusted=is_trusted(request),
        attempts=await database.all(_SQL["attempts"], values),
        events=await database.all(_SQL["events"], values),
        held_back=await database.all(_SQL["review_reasons"], values),
    )
    return web.json_response(view)


async def patch_job(request: web.Request) -> web.Response:
    """Apply a guarded move; 409 says why one was ignored."""
    job = path_id(request, "job")
    asked = await body(request, JobChangeSchema())
    outcome = await request.app[DATABASE].run(lambda transaction: actions.report(transaction, job, asked))
    if outcome in set(IgnoredBecause):
        raise ConflictError(f"ignored: {outcome}", fields={"reason": [outcome]})
    return web.json_response(MovedSchema().dump({"job": job, "outcome": outcome}))


async def get_raw(request: web.Request) -> web.Response:
    """Return the definition as it was when the job was made."""
    row = await request.app[DATABASE].first(_SQL["definition"], {"job": path_id(request, "job")})
    if row is None:
        raise NotFoundError(f"there is no job {request.match_info['job']}")
    return web.Response(text=row["definition"], content_type="application/json")


async def get_log(request: web.Request) -> web.Response:
    """Return the log lines of the latest attempt, as JSON lines or as text."""
    asked, row = await query(request, LogFormatSchema()), await _job(request)
    key = attempt_prefix(row["id"], row["attempt"]) + "log.jsonl"
    await check_kept(request, key)
    lines = await request.app[STORAGE].get_bytes(key) or b""
    if asked["format"] == "text":
        return web.Response(text=as_text(lines.decode("utf-8", "replace")), content_type="text/plain")
    return web.Response(body=lines, content_type="application/jsonl", charset="utf-8")


async def get_output(request: web.Request) -> web.StreamResponse:
    """Redirect to one of the job's files, or stream it."""
    asked, row, file = await query(request, OutputChoiceSchema()), await _job(request), request.match_info["file"]
    output = ((row["result"] or {}).get("outputs") or {}).get(file)
    if asked["attempt"] not in (None, row["attempt"]) or row["result"] is None:
        # what an attempt published stays when the job runs again
        wanted = {"job": row["id"], "attempt": asked["attempt"], "file": file}
        output = (await publication_record.published_file(request.app[DATABASE], **wanted) or {}).get("output")
    if output is None:
        raise NotFoundError(f"job {row['id']} has no {file[:60]!r}")
    return await send(request, output["key"])


async def post_rerun(request: web.Request) -> web.Response:
    """Run an ended job again."""
    job, attempt = await _act(request, actions.rerun)
    return web.json_response(OpenedSchema().dump({"job": job, "attempt": attempt}))


async def post_cancel(request: web.Request) -> web.Response:
    """Cancel a job that has not ended."""
    job, _ = await _act(request, actions.cancel)
    return web.json_response(SettledSchema().dump({"job": job, "status": "Cancelled"}))


async def post_confirm(request: web.Request) -> web.Response:
    """Let a held-back job through."""
    job, _ = await _act(request, actions.confirm)
    return web.json_response(SettledSchema().dump({"job": job, "status": "Success"}))


async def post_reject(request: web.Request) -> web.Response:
    """End a held-back job as failed."""
    job, _ = await _act(request, actions.reject)
    return web.json_response(SettledSchema().dump({"job": job, "status": "Fail"}))


async def _act(request: web.Request, action: Callable[..., Awaitable[_Done]]) -> tuple[int, _Done]:
    """Do something to the job of the path, for whoever asks, and return its number and what came of it."""
    job = path_id(request, "job")
    reason = (await body(request, ReasonSchema()))["reason"]
    by = request[PRINCIPAL]
    return job, await request.app[DATABASE].run(lambda transaction: action(transaction, job, by=by, reason=reason))


async def _job(request: web.Request) -> Row:
    job = path_id(request, "job")
    row = await request.app[DATABASE].first(_SQL["job"], {"job": job})
    if row is None:
        raise NotFoundError(f"there is no job {job}")
    structlog.contextvars.bind_contextvars(run_id=row["run"], attempt=row["attempt"])
    return row
