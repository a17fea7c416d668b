"""The page of uploads."""

from aiohttp import web

from oa_api.http.app_keys import DATABASE, SETTINGS, STORAGE
from oa_api.http.forms import read_form
from oa_api.http.schemas import NoFieldsSchema
from oa_api.identity.principal import PRINCIPAL
from oa_api.settings import site_url
from oa_api.ui import flash
from oa_api.ui.lists import list_filter, make_listing
from oa_api.ui.rendering import render
from oa_api.uploads import service
from oa_api.uploads.api import upload_id
from oa_api.uploads.inspection import CONTENT_TYPES
from oa_api.uploads.rows import UploadState
from oa_api.uploads.schemas import UploadFilterSchema

PATH = "/uploads"
_TAG_KINDS = {UploadState.WAITING: "busy", UploadState.READY: "good", UploadState.REFUSED: "bad"}


async def show_uploads(request: web.Request) -> web.Response:
    """Show the uploads of the caller, or all to a moderator."""
    upload_filter, site = await list_filter(request, UploadFilterSchema()), site_url(request.app[SETTINGS])
    page = await service.list_uploads(request.app[DATABASE], upload_filter, by=request[PRINCIPAL])
    return render(
        request,
        "uploads/uploads.html",
        uploads=make_listing(request, upload_filter, page),
        urls={upload.id: service.file_url(site, upload) for upload in page.rows},
        kinds=_TAG_KINDS,
        suffixes=sorted(CONTENT_TYPES),
        max_bytes=request.app[SETTINGS].upload_max_bytes,
    )


async def post_delete(request: web.Request) -> web.Response:
    """Delete an upload and its file."""
    await read_form(request, NoFieldsSchema())
    upload, by = upload_id(request), request[PRINCIPAL]
    await service.delete_upload(request.app[DATABASE], request.app[STORAGE], upload, by=by)
    return flash.see_other(request, PATH, "Upload deleted.")
