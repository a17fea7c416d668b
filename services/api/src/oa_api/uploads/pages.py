"""Uploads as a page: those that there are, and deleting one."""

from aiohttp import web

from oa_api.http.app_keys import DATABASE, SETTINGS, STORAGE
from oa_api.http.fields import StrictSchema
from oa_api.http.forms import form
from oa_api.identity.principal import PRINCIPAL
from oa_api.ui import flash
from oa_api.ui.lists import asked_of
from oa_api.ui.rendering import render
from oa_api.uploads import service
from oa_api.uploads.api import upload_id, upload_view
from oa_api.uploads.inspection import CONTENT_TYPES
from oa_api.uploads.schemas import UploadFilterSchema

PATH = "/uploads"
KINDS = {"Waiting": "busy", "Ready": "good", "Refused": "bad"}


async def show_uploads(request: web.Request) -> web.Response:
    """Show one's own uploads, or everybody's to a moderator."""
    asked, database = await asked_of(request, UploadFilterSchema()), request.app[DATABASE]
    limit = asked["limit"]
    rows = await service.read_list(database, by=request[PRINCIPAL], cursor=asked["cursor"], limit=limit + 1)
    older = str(request.rel_url.update_query(cursor=rows[limit - 1]["id"])) if len(rows) > limit else None
    return render(
        request,
        "uploads/uploads.html",
        kinds=KINDS,
        uploads=[upload_view(request, row) for row in rows[:limit]],
        older=older,
        newest=str(request.rel_url.without_query_params("cursor")) if asked["cursor"] else None,
        endings=sorted(CONTENT_TYPES),
        max_bytes=request.app[SETTINGS].upload_max_bytes,
    )


async def post_delete(request: web.Request) -> web.Response:
    """Remove an upload and its file."""
    await form(request, StrictSchema())
    upload, by = upload_id(request), request[PRINCIPAL]
    await service.delete(request.app[DATABASE], request.app[STORAGE], upload, by=by)
    return flash.see_other(request, PATH, "The upload was deleted.")
