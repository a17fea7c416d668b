"""Files of a job: a redirect to the store, or, on one machine, the bytes themselves with ranges."""

import re
from http import HTTPStatus

from aiohttp import web

from oa_api.http.app_keys import DATABASE, SETTINGS, STORAGE
from oa_api.http.errors import GoneError, NotFoundError
from oa_api.jobs.file_deletion import expired_part

# What tells how an attempt went outlives what it made.
RECORD_FILES = frozenset({"claim.json", "log.jsonl", "manifest.json", "result.json"})
REDIRECT = "redirect"
_LINK_VALID_S = 3600
_ATTEMPT_FILE = re.compile(r"job/(?P<job>\d+)/attempt-(?P<attempt>\d+)/(?P<file>.+)")


async def send(request: web.Request, key: str) -> web.StreamResponse:
    """Answer with an object of the bucket. Raises NotFoundError, GoneError, and answers 416 to a range outside it."""
    storage = request.app[STORAGE]
    await check_kept(request, key)
    if request.app[SETTINGS].output_mode == REDIRECT:
        raise web.HTTPFound(await storage.presign(key, _LINK_VALID_S))
    found = await storage.head(key)
    if found is None:
        raise NotFoundError("the file is not in the store any more")
    start, end = _range(request, found.size_bytes)
    is_part = (start, end) != (0, found.size_bytes)
    status = HTTPStatus.PARTIAL_CONTENT if is_part else HTTPStatus.OK
    headers = {"Accept-Ranges": "bytes", "ETag": found.etag, "Content-Length": str(end - start)}
    if is_part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size_bytes}"
    response = web.StreamResponse(status=status, headers=headers)
    response.content_type = found.content_type or "application/octet-stream"
    await response.prepare(request)
    if request.method != "HEAD" and end > start:
        async for chunk in storage.stream(key, start, end - 1):
            await response.write(chunk)
    await response.write_eof()
    return response


async def check_kept(request: web.Request, key: str) -> None:
    """Raise GoneError for a file of an attempt that has been removed, or is about to be."""
    match = _ATTEMPT_FILE.fullmatch(key)
    if match is None:
        return
    gone = await expired_part(
        request.app[DATABASE],
        job=int(match["job"]),
        attempt=int(match["attempt"]),
        log_only=match["file"] in RECORD_FILES,
    )
    if gone is not None:
        raise GoneError(f"removed on {gone['marked_at']:%Y-%m-%d} by the rule `{gone['rule']}`: GET /api/cleanup")


def _range(request: web.Request, size_bytes: int) -> tuple[int, int]:
    """Return the half-open range of bytes that is asked for."""
    unsatisfiable = web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": f"bytes */{size_bytes}"})
    try:
        wanted = request.http_range
    except ValueError as error:
        raise unsatisfiable from error
    start, end, _ = wanted.indices(size_bytes)
    if wanted.start is not None and wanted.start >= size_bytes > 0:
        raise unsatisfiable
    return start, max(start, end)
