"""The menu of the pages, by role: the links whose pages exist and that are of use to the caller."""

from dataclasses import dataclass

from aiohttp import hdrs, web

from oa_api.identity.authorization import ROLES
from oa_api.identity.principal import Principal
from oa_shared.roles import Role

_DATA = (
    "Data",
    (
        ("Data", "/data"),
        ("Sources", "/sources"),
        ("Map", "/map"),
        ("Collections", "/collections"),
        ("Exports", "/exports"),
        ("New source", "/new-source"),
        ("Try a definition", "/try"),
    ),
)
_PROCESSING = (
    "Processing",
    (
        ("Overview", "/overview"),
        ("Runs", "/runs"),
        ("Jobs", "/jobs"),
        ("Errors", "/errors"),
        ("Review", "/review"),
    ),
)
_GUIDES = ("Guides", (("Using the data", "/guide/data"), ("Writing a source", "/guide/check"), ("API", "/docs")))
# Visitors and authors come for data, operators for its processing.
_MENU = (
    _DATA,
    _PROCESSING,
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
    _GUIDES,
)
_MENU_OF_OPERATORS = (_PROCESSING, _DATA, *_MENU[2:])
# Pages that everyone may read but that are of use from a role on.
_LISTED_FROM = {"/schedules": Role.VIEWER, "/pauses": Role.VIEWER}


MENU_PATH = web.RequestKey("menu_path", str)
"""The path that the menu marks as current, where the address of the page belongs to another entry."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link; `is_current` if the page, or one below it, is shown."""

    label: str
    path: str
    is_current: bool


def navigation(request: web.Request, principal: Principal) -> list[tuple[str, list[Link]]]:
    """Return the groups of the menu with their links, without empty groups."""
    roles, shown = request.app[ROLES], request.get(MENU_PATH, request.path)

    def is_visible(path: str) -> bool:
        role = roles.get((hdrs.METH_GET, path))
        return role is not None and principal.has_role(max(role, _LISTED_FROM.get(path, role)))

    groups = [
        (title, [Link(label, path, _is_current(shown, path)) for label, path in links if is_visible(path)])
        for title, links in (_MENU_OF_OPERATORS if principal.has_role(Role.MODERATOR) else _MENU)
    ]
    return [(title, links) for title, links in groups if links]


def _is_current(shown: str, path: str) -> bool:
    return shown == path or shown.startswith(f"{path}/")
