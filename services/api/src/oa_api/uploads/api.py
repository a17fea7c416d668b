"""The endpoints below /api/upload, and the lasting addresses of files."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from aiohttp import web

from oa_api.db.database import Row
from oa_api.http.app_keys import DATABASE, SETTINGS, STORAGE
from oa_api.http.errors import ConflictError, InvalidError, NotFoundError, TooLargeError, TooSlowError
from oa_api.http.request_parsing import body, query
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs.files import REDIRECT, send_file
from oa_api.settings import site_url
from oa_api.uploads import service
from oa_api.uploads.schemas import (
    BegunUploadSchema,
    DeletedUploadSchema,
    NewUploadSchema,
    UploadFilterSchema,
    UploadListSchema,
    UploadSchema,
)

_FORM_VALID_S = 3600
_CONTENT_WITHIN_S = 600


async def post_upload(request: web.Request) -> web.Response:
    """Note that a file is to come, and say how to send it."""
    asked, by = await body(request, NewUploadSchema()), request[PRINCIPAL]
    most = request.app[SETTINGS].upload_max_bytes
    if asked["size_bytes"] > most:
        words = f"At most {most:,} bytes are taken."
        raise InvalidError("the file is too large", fields={"size_bytes": [words]})
    begun = await request.app[DATABASE].run(lambda transaction: service.begin(transaction, asked, by=by))
    row = await service.read(request.app[DATABASE], begun["id"], by=by)
    return web.json_response(BegunUploadSchema().dump({**upload_view(request, row), "form": await _form(request, row)}))


async def put_content(request: web.Request) -> web.Response:
    """Take the file itself, where the store cannot be reached from outside, and look at it."""
    row = await service.read(request.app[DATABASE], upload_id(request), by=request[PRINCIPAL])
    if row["state"] != "Waiting":
        raise ConflictError(f"this upload is {row['state']}: begin another one")
    file = await asyncio.to_thread(tempfile.NamedTemporaryFile)
    try:
        await _save(request, file, row["size_bytes"])
        await request.app[STORAGE].put_file(row["key"], Path(file.name), row["content_type"])
    finally:
        await asyncio.to_thread(file.close)
    return await post_done(request)


async def post_done(request: web.Request) -> web.Response:
    """Look at the file that was sent."""
    database, storage = request.app[DATABASE], request.app[STORAGE]
    row = await service.check(database, storage, upload_id(request), by=request[PRINCIPAL])
    return web.json_response(UploadSchema().dump(upload_view(request, row)))


async def get_upload(request: web.Request) -> web.Response:
    """Return one upload."""
    row = await service.read(request.app[DATABASE], upload_id(request), by=request[PRINCIPAL])
    return web.json_response(UploadSchema().dump(upload_view(request, row)))


async def list_uploads(request: web.Request) -> web.Response:
    """Return uploads, newest first: one's own, or all for a moderator."""
    asked = await query(request, UploadFilterSchema())
    limit = asked["limit"]
    rows = await service.read_list(
        request.app[DATABASE], by=request[PRINCIPAL], cursor=asked["cursor"], limit=limit + 1
    )
    answer = web.json_response(
        UploadListSchema().dump({"uploads": [upload_view(request, row) for row in rows[:limit]]})
    )
    if len(rows) > limit:
        answer.headers["Link"] = f'<{request.rel_url.update_query(cursor=rows[limit - 1]["id"])}>; rel="next"'
    return answer


async def delete_upload(request: web.Request) -> web.Response:
    """Remove an upload and its file."""
    upload = upload_id(request)
    await service.delete(request.app[DATABASE], request.app[STORAGE], upload, by=request[PRINCIPAL])
    return web.json_response(DeletedUploadSchema().dump({"id": upload, "state": "Deleted"}))


async def get_file(request: web.Request) -> web.StreamResponse:
    """Give the file to anyone: the address stands in definitions."""
    row = await service.offered(
        request.app[DATABASE], request.app[STORAGE], upload_id(request), request.match_info["name"]
    )
    return await send_file(request, row["key"])


def upload_id(request: web.Request) -> str:
    """Return the id of the path. Raises NotFoundError for what can be none."""
    text = request.match_info["upload"]
    if not text.isascii() or not text.isalnum():
        raise NotFoundError(f"there is no upload {text[:40]!r}")
    return text


def upload_view(request: web.Request, row: Row) -> Row:
    """Return an upload with the address of its file."""
    url = f"{site_url(request.app[SETTINGS])}/upload/{row['id']}/{row['name']}" if row["state"] == "Ready" else None
    return {**row, "url": url}


async def _form(request: web.Request, row: Row) -> dict[str, Any]:
    """Return how to send the file: to the store itself, or, where that cannot be reached, to us."""
    if request.app[SETTINGS].output_mode != REDIRECT:
        url = f"/api/upload/{row['id']}/content"
        return {"method": "PUT", "url": url, "fields_": {}, "expires_s": _FORM_VALID_S}
    form = await request.app[STORAGE].presign_post(
        row["key"], content_type=row["content_type"], max_bytes=row["size_bytes"], expires_s=_FORM_VALID_S
    )
    return {"method": "POST", "url": form.url, "fields_": form.fields, "expires_s": _FORM_VALID_S}


async def _save(request: web.Request, file: Any, size_bytes: int) -> None:
    """Write the body of a request to a file. Raises TooLargeError, TooSlowError."""
    taken_bytes = 0
    try:
        async with asyncio.timeout(_CONTENT_WITHIN_S):
            async for chunk in request.content.iter_chunked(1 << 18):
                taken_bytes += len(chunk)
                if taken_bytes > size_bytes:
                    raise TooLargeError(f"more came than the {size_bytes:,} bytes that were announced")
                await asyncio.to_thread(file.write, chunk)
    except TimeoutError as error:
        raise TooSlowError(f"the file did not come within {_CONTENT_WITHIN_S} seconds") from error
    await asyncio.to_thread(file.flush)
