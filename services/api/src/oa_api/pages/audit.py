"""The page of the audit trail."""

from aiohttp import web

from oa_api.handlers import identity as reads
from oa_api.pages.lists import asked_of
from oa_api.pages.rendering import render
from oa_api.schemas.identity import DeedFilter
from oa_api.services import DATABASE


async def list_deeds(request: web.Request) -> web.Response:
    """Show who did what, newest first."""
    asked = await asked_of(request, DeedFilter())
    found, following = await reads.rows(request.app[DATABASE], "deeds", asked)
    older = str(request.rel_url.update_query(cursor=following)) if following is not None else None
    newest = str(request.rel_url.without_query_params("cursor")) if asked["cursor"] else None
    return render(request, "identity/audit.html", deeds=found, asked=asked, older=older, newest=newest)
