"""The page of exports: the list, and the form that makes one."""

from typing import Any

from aiohttp import web

from oa_api.errors import ApiError, ConflictError, InvalidError, NotFoundError
from oa_api.forms import form
from oa_api.handlers.exports import limits_of
from oa_api.handlers.products import asker
from oa_api.jobs import Idempotency
from oa_api.pages import flash
from oa_api.pages.lists import asked_of
from oa_api.pages.products import linked, listed, reasons
from oa_api.pages.rendering import render
from oa_api.products import exports
from oa_api.products.plan import EXPORT_FORMATS
from oa_api.products.views import export_view
from oa_api.schemas.product_forms import ExportForm, ExportPage, export_of
from oa_api.services import DATABASE
from oa_api.store.database import Row


async def list_exports(request: web.Request) -> web.Response:
    """Return a page of exports, newest first; `job` or `source` in the query fill in the form."""
    asked = await asked_of(request, ExportPage())
    return await _page(request, asked, given={name: asked[name] for name in ("job", "source", "layer")})


async def post_export(request: web.Request) -> web.Response:
    """Start an export; what cannot be is shown with the form as it was filled in."""
    given = await form(request, ExportForm())
    once = Idempotency(None, "export", b"")
    try:
        made = await exports.create(
            request.app[DATABASE], export_of(given), asker(request), once=once, limits=limits_of(request)
        )
    except (InvalidError, ConflictError, NotFoundError) as error:
        asked = {**ExportPage().load({}), "limit": 50}
        return await _page(request, asked, given=given, error=error)
    return flash.see_other(request, "/exports", f"Export {made} is on its way: reload to see how far it is.")


async def _page(
    request: web.Request, asked: dict[str, Any], *, given: dict[str, Any], error: ApiError | None = None
) -> web.Response:
    found = await listed(request, asked, "exports", view=_shown)
    values = {"asked": asked, "exports": found, "formats": EXPORT_FORMATS, "limits": limits_of(request)}
    wanted = {**ExportForm().load({}), **given}
    status = error.status if error else 200
    return render(
        request, "exports/list.html", status=status, **values, given=wanted, error=error, reasons=reasons(error)
    )


def _shown(row: Row) -> Row:
    view = export_view(row)
    asked = view["asked"]
    box = ", ".join(str(side) for side in asked.get("bbox") or ())
    words = [f"job {asked['job']}" if asked.get("job") else asked["source"], asked.get("layer") or "", box]
    return {**view, "words": " · ".join(word for word in words if word), "files": linked(view["files"])}
