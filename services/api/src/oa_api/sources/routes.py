"""The routes of sources."""

from oa_api.http.routing import page
from oa_api.sources import pages, search_page
from oa_shared.roles import Role

PAGES = (
    page("/sources", pages.list_tree, "Sources", role=Role.ANYONE),
    page("/sources/{source}", pages.show_source, "Source", role=Role.ANYONE, pattern="/sources/{source:.+}"),
    page("/search", search_page.show_search, "Search", role=Role.ANYONE, also=(303,)),
)
ROUTES = PAGES
