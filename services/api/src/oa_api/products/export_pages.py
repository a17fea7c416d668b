"""The page of exports: the list, and the form that makes one."""

from typing import Any

from aiohttp import web

from oa_api.db.database import Row
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ApiError, ConflictError, InvalidError, NotFoundError
from oa_api.http.forms import form
from oa_api.http.idempotency import Idempotency
from oa_api.products import exports
from oa_api.products.export_api import limits_of
from oa_api.products.forms import ExportFormSchema, ExportPageSchema, export_of
from oa_api.products.listing import asker
from oa_api.products.page_parts import linked, listed, reasons
from oa_api.products.plan import EXPORT_FORMATS
from oa_api.products.serializers import export_view
from oa_api.ui import flash
from oa_api.ui.lists import asked_of
from oa_api.ui.rendering import render


async def list_exports(request: web.Request) -> web.Response:
    """Return a page of exports, newest first; `job` or `source` in the query fill in the form."""
    asked = await asked_of(request, ExportPageSchema())
    return await _page(request, asked, given={name: asked[name] for name in ("job", "source", "layer")})


async def post_export(request: web.Request) -> web.Response:
    """Start an export; what cannot be is shown with the form as it was filled in."""
    given = await form(request, ExportFormSchema())
    once = Idempotency(None, "export", b"")
    try:
        made = await exports.create(
            request.app[DATABASE], export_of(given), asker(request), once=once, limits=limits_of(request)
        )
    except (InvalidError, ConflictError, NotFoundError) as error:
        asked = {**ExportPageSchema().load({}), "limit": 50}
        return await _page(request, asked, given=given, error=error)
    return flash.see_other(request, "/exports", f"Export {made} is on its way: reload to see how far it is.")


async def _page(
    request: web.Request, asked: dict[str, Any], *, given: dict[str, Any], error: ApiError | None = None
) -> web.Response:
    found = await listed(request, asked, "exports", view=_shown)
    values = {"asked": asked, "exports": found, "formats": EXPORT_FORMATS, "limits": limits_of(request)}
    wanted = {**ExportFormSchema().load({}), **given}
    status = error.status if error else 200
    return render(
        request, "products/exports.html", status=status, **values, given=wanted, error=error, reasons=reasons(error)
    )


def _shown(row: Row) -> Row:
    view = export_view(row)
    asked = view["asked"]
    box = ", ".join(str(side) for side in asked.get("bbox") or ())
    words = [f"job {asked['job']}" if asked.get("job") else asked["source"], asked.get("layer") or "", box]
    return {**view, "words": " · ".join(word for word in words if word), "files": linked(view["files"])}
