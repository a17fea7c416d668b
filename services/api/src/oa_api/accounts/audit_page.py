"""The page of the audit log."""

from aiohttp import web

from oa_api.accounts.schemas import AuditFilterSchema
from oa_api.http.app_keys import DATABASE
from oa_api.identity import audit_log
from oa_api.identity.principal import PRINCIPAL, Principal
from oa_api.ui.lists import list_filter, make_listing
from oa_api.ui.rendering import render
from oa_shared.roles import Role

# The pages of subjects, and the lowest role that may see them; without {id} a page that lists the subject.
SUBJECT_PAGES = {
    "job": ("/jobs/{id}", Role.ANYONE),
    "run": ("/runs/{id}", Role.ANYONE),
    "data": ("/data/{id}", Role.ANYONE),
    "account": ("/accounts/{id}", Role.ADMIN),
    "bulk": ("/bulk/{id}", Role.VIEWER),
    "collection": ("/collections/{id}", Role.ANYONE),
    "schedule_run": ("/schedules/{id}", Role.ANYONE),
    "webhook": ("/webhooks/{id}", Role.ADMIN),
    "export": ("/exports", Role.ANYONE),
    "fabric": ("/collections#fabric", Role.ANYONE),
    "pause": ("/pauses", Role.ANYONE),
    "queue": ("/dead-letters", Role.MODERATOR),
    "upload": ("/uploads", Role.AUTHOR),
    "acknowledgement": ("/errors#acknowledged", Role.ANYONE),
    "cleanup": ("/schedules#rules", Role.ANYONE),
}


async def show_audit_log(request: web.Request) -> web.Response:
    """Show entries of the audit log, newest first."""
    audit_filter = await list_filter(request, AuditFilterSchema())
    page = await audit_log.list_entries(request.app[DATABASE], audit_filter)
    listing = make_listing(request, audit_filter, page)
    hrefs = {entry.subject: _subject_href(entry.subject, request[PRINCIPAL]) for entry in page.rows}
    return render(request, "accounts/audit_log.html", listing=listing, filter=audit_filter, hrefs=hrefs)


def _subject_href(subject: str, principal: Principal) -> str | None:
    kind, _, number = subject.partition("/")
    path, role = SUBJECT_PAGES.get(kind, ("", Role.SERVICE))
    if not path or not principal.has_role(role) or ("{id}" in path and not number.isdecimal()):
        return None
    return path.format(id=number)
