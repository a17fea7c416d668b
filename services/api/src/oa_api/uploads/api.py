"""The endpoints below /api/upload, and the permanent URLs of files."""

import asyncio
import tempfile
from pathlib import Path
from typing import IO

import structlog
from aiohttp import web

from oa_api.db.rows import as_parameters
from oa_api.http.app_keys import DATABASE, SETTINGS, STORAGE
from oa_api.http.errors import BusyError, ConflictError, NotFoundError, TooLargeError, TooSlowError
from oa_api.http.paging import list_response
from oa_api.http.request_parsing import read_body, read_query
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs.file_links import REDIRECT
from oa_api.jobs.files import send_file
from oa_api.settings import site_url
from oa_api.uploads import service
from oa_api.uploads.rows import UploadRow, UploadState
from oa_api.uploads.schemas import (
    CreatedUploadSchema,
    DeletedUploadSchema,
    NewUploadSchema,
    UploadFilterSchema,
    UploadSchema,
)
from oa_shared.json_types import JsonObject

log = structlog.get_logger()
_FORM_VALID_S = 3600
_CONTENT_TIMEOUT_S = 600
_CHUNK_BYTES = 1 << 18
# Files that this service receives at one time: each is on its disk until it is in the store.
MAX_ARRIVING = 4
ARRIVING_UPLOADS = web.AppKey("arriving_uploads", asyncio.Semaphore)
_SHOWN_LENGTH = 40


async def post_upload(request: web.Request) -> web.Response:
    """Create an upload, and return how to send its file."""
    new_upload, by, database = await read_body(request, NewUploadSchema()), request[PRINCIPAL], request.app[DATABASE]
    settings = request.app[SETTINGS]
    limits = service.UploadLimits(settings.upload_max_bytes, settings.upload_account_bytes)
    created = await database.run(
        lambda transaction: service.create_upload(transaction, new_upload, limits=limits, by=by)
    )
    upload = await service.get_upload(database, created, by=by)
    form = await _upload_form(request, upload)
    return web.json_response(CreatedUploadSchema().dump({**_with_url(request, upload), "form": form}))


async def put_content(request: web.Request) -> web.Response:
    """Store the file from the body, where clients cannot reach the store, and check it."""
    upload = await service.get_upload(request.app[DATABASE], upload_id(request), by=request[PRINCIPAL])
    if upload.state != UploadState.WAITING:
        raise ConflictError(f"this upload is {upload.state}: create another one")
    arriving = request.app[ARRIVING_UPLOADS]
    if arriving.locked():
        raise BusyError(f"{MAX_ARRIVING} files are arriving already: retry later")
    async with arriving:
        await _store_body(request, upload)
    return await post_done(request)


async def post_done(request: web.Request) -> web.Response:
    """Check the file that was sent."""
    database, storage = request.app[DATABASE], request.app[STORAGE]
    upload = await service.check_file(database, storage, upload_id(request), by=request[PRINCIPAL])
    return web.json_response(_serialize(request, upload))


async def get_upload(request: web.Request) -> web.Response:
    """Return one upload."""
    upload = await service.get_upload(request.app[DATABASE], upload_id(request), by=request[PRINCIPAL])
    return web.json_response(_serialize(request, upload))


async def list_uploads(request: web.Request) -> web.Response:
    """Return a page of uploads, newest first: those of the caller, or all for a moderator."""
    upload_filter = await read_query(request, UploadFilterSchema())
    page = await service.list_uploads(request.app[DATABASE], upload_filter, by=request[PRINCIPAL])
    return list_response(request, upload_filter, "uploads", page, serialize=lambda upload: _serialize(request, upload))


async def delete_upload(request: web.Request) -> web.Response:
    """Delete an upload and its file."""
    upload = upload_id(request)
    await service.delete_upload(request.app[DATABASE], request.app[STORAGE], upload, by=request[PRINCIPAL])
    return web.json_response(DeletedUploadSchema().dump({"id": upload, "state": UploadState.DELETED}))


async def get_file(request: web.Request) -> web.StreamResponse:
    """Return the file, to anyone: definitions contain its URL."""
    name = request.match_info["name"]
    upload = await service.get_public_upload(request.app[DATABASE], request.app[STORAGE], upload_id(request), name)
    return await send_file(request, upload.key)


def upload_id(request: web.Request) -> str:
    """Return the ID in the path. Raises NotFoundError for a text that cannot be one."""
    text = request.match_info["upload"]
    if not text.isascii() or not text.isalnum():
        raise NotFoundError(f"upload {text[:_SHOWN_LENGTH]!r} does not exist")
    return text


def _serialize(request: web.Request, upload: UploadRow) -> JsonObject:
    fields: JsonObject = UploadSchema().dump(_with_url(request, upload))
    return fields


def _with_url(request: web.Request, upload: UploadRow) -> JsonObject:
    return {**as_parameters(upload), "url": service.file_url(site_url(request.app[SETTINGS]), upload)}


async def _upload_form(request: web.Request, upload: UploadRow) -> JsonObject:
    """Return how to send the file: to the store, or to this service where clients cannot reach the store."""
    if request.app[SETTINGS].output_mode != REDIRECT:
        url = f"/api/upload/{upload.id}/content"
        return {"method": "PUT", "url": url, "fields_": {}, "expires_s": _FORM_VALID_S}
    form = await request.app[STORAGE].presign_post(
        upload.key, content_type=upload.content_type, max_bytes=upload.size_bytes, expires_s=_FORM_VALID_S
    )
    return {"method": "POST", "url": form.url, "fields_": form.fields, "expires_s": _FORM_VALID_S}


async def _store_body(request: web.Request, upload: UploadRow) -> None:
    """Store the file from the body by way of the disk. Raises BusyError if the disk is full or not writable."""
    try:
        file = await asyncio.to_thread(tempfile.NamedTemporaryFile)
        try:
            await _save_body(request, file, upload.size_bytes)
            await request.app[STORAGE].put_file(upload.key, Path(file.name), upload.content_type)
        finally:
            await asyncio.to_thread(file.close)
    except ConnectionError:
        raise
    except OSError as error:
        log.error("upload_not_kept", error=str(error))  # noqa: TRY400 - the reason is enough
        raise BusyError("the service cannot keep the file on its disk now: retry later") from error


async def _save_body(request: web.Request, file: IO[bytes], size_bytes: int) -> None:
    """Write the body of a request to a file. Raises TooLargeError, TooSlowError."""
    received_bytes = 0
    try:
        async with asyncio.timeout(_CONTENT_TIMEOUT_S):
            async for chunk in request.content.iter_chunked(_CHUNK_BYTES):
                received_bytes += len(chunk)
                if received_bytes > size_bytes:
                    raise TooLargeError(f"the body exceeds the {size_bytes:,} bytes that were announced")
                await asyncio.to_thread(file.write, chunk)
    except TimeoutError as error:
        raise TooSlowError(f"the upload timed out after {_CONTENT_TIMEOUT_S} seconds") from error
    await asyncio.to_thread(file.flush)
