"""The menu of the pages: the links whose pages exist and that the caller may see."""

from dataclasses import dataclass

from aiohttp import hdrs, web

from oa_api.identity.authorization import ROLES
from oa_api.identity.principal import Principal

_MENU = (
    ("Processing", (("Overview", "/"), ("Runs", "/runs"), ("Jobs", "/jobs"), ("Errors", "/errors"))),
    (
        "Data",
        (
            ("Data", "/data"),
            ("Map", "/map"),
            ("Collections", "/collections"),
            ("Exports", "/exports"),
            ("Try a definition", "/try"),
        ),
    ),
    (
        "Operations",
        (
            ("Health", "/health"),
            ("Schedules", "/schedules"),
            ("Bulk actions", "/bulk"),
            ("Dead letters", "/dead-letters"),
            ("Pauses", "/pauses"),
            ("Uploads", "/uploads"),
            ("Webhooks", "/webhooks"),
            ("Accounts", "/accounts"),
            ("Audit log", "/audit"),
        ),
    ),
    ("Developers", (("API", "/docs"),)),
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link; `is_current` if the page, or one below it, is shown."""

    label: str
    path: str
    is_current: bool


def navigation(request: web.Request, principal: Principal) -> list[tuple[str, list[Link]]]:
    """Return the groups of the menu with their links, without empty groups."""
    roles = request.app[ROLES]

    def is_visible(path: str) -> bool:
        role = roles.get((hdrs.METH_GET, path))
        return role is not None and principal.has_role(role)

    groups = [
        (title, [Link(label, path, _is_current(request.path, path)) for label, path in links if is_visible(path)])
        for title, links in _MENU
    ]
    return [(title, links) for title, links in groups if links]


def _is_current(shown: str, path: str) -> bool:
    return shown == path or (path != "/" and shown.startswith(f"{path}/"))
