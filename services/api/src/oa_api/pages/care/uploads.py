"""Uploads as a page: those that there are, and deleting one."""

from aiohttp import web

from oa_api.forms import form
from oa_api.handlers.uploads import upload_id, upload_view
from oa_api.identity.principal import PRINCIPAL
from oa_api.pages import flash
from oa_api.pages.lists import asked_of
from oa_api.pages.rendering import render
from oa_api.schemas.fields import Strict
from oa_api.schemas.uploads import UploadFilter
from oa_api.services import DATABASE, SETTINGS, STORAGE
from oa_api.uploads import uploads
from oa_api.uploads.inspection import CONTENT_TYPES

PATH = "/uploads"
KINDS = {"Waiting": "busy", "Ready": "good", "Refused": "bad"}


async def show_uploads(request: web.Request) -> web.Response:
    """Show one's own uploads, or everybody's to a moderator."""
    asked, database = await asked_of(request, UploadFilter()), request.app[DATABASE]
    limit = asked["limit"]
    rows = await uploads.read_list(database, by=request[PRINCIPAL], cursor=asked["cursor"], limit=limit + 1)
    older = str(request.rel_url.update_query(cursor=rows[limit - 1]["id"])) if len(rows) > limit else None
    return render(
        request,
        "care/uploads.html",
        kinds=KINDS,
        uploads=[upload_view(request, row) for row in rows[:limit]],
        older=older,
        newest=str(request.rel_url.without_query_params("cursor")) if asked["cursor"] else None,
        endings=sorted(CONTENT_TYPES),
        max_bytes=request.app[SETTINGS].upload_max_bytes,
    )


async def post_delete(request: web.Request) -> web.Response:
    """Remove an upload and its file."""
    await form(request, Strict())
    upload, by = upload_id(request), request[PRINCIPAL]
    await uploads.delete(request.app[DATABASE], request.app[STORAGE], upload, by=by)
    return flash.see_other(request, PATH, "The upload was deleted.")
