"""What the pages' menu leads to: of the places below, those that this service has and this person may see."""

from dataclasses import dataclass

from aiohttp import hdrs, web

from oa_api.identity.authorization import ROLES
from oa_api.identity.principal import Principal

_PLACES = (
    ("Work", (("Overview", "/"), ("Runs", "/runs"), ("Jobs", "/jobs"), ("Errors", "/errors"))),
    ("Data", (("Data", "/data"), ("Map", "/map"), ("Collections", "/collections"), ("Exports", "/exports"))),
    (
        "Care",
        (
            ("Health", "/health"),
            ("Schedules", "/schedules"),
            ("Bulk actions", "/bulk"),
            ("Dead letters", "/dead-letters"),
            ("Pauses", "/pauses"),
            ("Uploads", "/uploads"),
            ("Webhooks", "/webhooks"),
            ("Accounts", "/accounts"),
            ("Audit", "/audit"),
        ),
    ),
    ("For programs", (("API", "/docs"),)),
)


@dataclass(frozen=True, slots=True)
class Link:
    """One place; `is_here` for the page shown and those below it."""

    label: str
    path: str
    is_here: bool


def navigation(request: web.Request, principal: Principal) -> list[tuple[str, list[Link]]]:
    """Return the groups of the menu that have something in them."""
    roles = request.app[ROLES]

    def is_shown(path: str) -> bool:
        role = roles.get((hdrs.METH_GET, path))
        return role is not None and principal.has_role(role)

    groups = [
        (title, [Link(label, path, _is_here(request.path, path)) for label, path in places if is_shown(path)])
        for title, places in _PLACES
    ]
    return [(title, links) for title, links in groups if links]


def _is_here(shown: str, path: str) -> bool:
    return shown == path or (path != "/" and shown.startswith(f"{path}/"))
