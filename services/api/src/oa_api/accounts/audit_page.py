"""The page of the audit trail."""

from aiohttp import web

from oa_api.accounts import api as reads
from oa_api.accounts.schemas import DeedFilterSchema
from oa_api.http.app_keys import DATABASE
from oa_api.identity.principal import PRINCIPAL, Principal
from oa_api.ui.lists import asked_of
from oa_api.ui.rendering import render
from oa_shared.roles import Role

# Where the page of a subject is, and who may see it.
_PLACES = {"job": ("/jobs", Role.ANYONE), "run": ("/runs", Role.ANYONE), "account": ("/accounts", Role.ADMIN)}


async def list_deeds(request: web.Request) -> web.Response:
    """Show who did what, newest first."""
    asked = await asked_of(request, DeedFilterSchema())
    found, following = await reads.rows(request.app[DATABASE], "entries", asked)
    shown = [{**deed, "href": _place(deed["subject"], request[PRINCIPAL])} for deed in found]
    older = str(request.rel_url.update_query(cursor=following)) if following is not None else None
    newest = str(request.rel_url.without_query_params("cursor")) if asked["cursor"] else None
    return render(request, "accounts/audit_log.html", entries=shown, asked=asked, older=older, newest=newest)


def _place(subject: str, principal: Principal) -> str | None:
    kind, _, number = subject.partition("/")
    path, role = _PLACES.get(kind, ("", Role.SERVICE))
    return f"{path}/{number}" if path and number.isdecimal() and principal.has_role(role) else None
