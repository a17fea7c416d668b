"""The page of the audit log."""

from aiohttp import web

from oa_api.accounts.schemas import AuditFilterSchema
from oa_api.http.app_keys import DATABASE
from oa_api.identity import audit_log
from oa_api.identity.principal import PRINCIPAL, Principal
from oa_api.ui.lists import list_filter, make_listing
from oa_api.ui.rendering import render
from oa_shared.roles import Role

# The pages of subjects, and the lowest role that may see them.
_SUBJECT_PAGES = {"job": ("/jobs", Role.ANYONE), "run": ("/runs", Role.ANYONE), "account": ("/accounts", Role.ADMIN)}


async def show_audit_log(request: web.Request) -> web.Response:
    """Show entries of the audit log, newest first."""
    audit_filter = await list_filter(request, AuditFilterSchema())
    page = await audit_log.list_entries(request.app[DATABASE], audit_filter)
    listing = make_listing(request, audit_filter, page)
    hrefs = {entry.subject: _subject_href(entry.subject, request[PRINCIPAL]) for entry in page.rows}
    return render(request, "accounts/audit_log.html", listing=listing, filter=audit_filter, hrefs=hrefs)


def _subject_href(subject: str, principal: Principal) -> str | None:
    kind, _, number = subject.partition("/")
    path, role = _SUBJECT_PAGES.get(kind, ("", Role.SERVICE))
    return f"{path}/{number}" if path and number.isdecimal() and principal.has_role(role) else None
