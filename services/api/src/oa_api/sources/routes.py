"""The routes of sources."""

from oa_api.datasets.request_schemas import SourceListFilterSchema
from oa_api.http.routing import get, page
from oa_api.sources import api, pages, search_page
from oa_api.sources.schemas import SourceDetailsSchema, SourceListSchema
from oa_shared.roles import Role

API = (
    get(
        "/api/sources",
        api.get_sources,
        "List sources",
        operation_id="listSources",
        response=SourceListSchema,
        tag="data",
        description="By name, each with its definition, the entries of live runs and their state. The filters select "
        "entries. The `Link` header has the URL of the next page.",
        query=SourceListFilterSchema,
        role=Role.ANYONE,
        also=(304,),
    ),
    get(
        "/api/sources/{source}",
        api.get_source,
        "Get a source",
        response=SourceDetailsSchema,
        tag="data",
        description="With its published versions, and its retired and deleted datasets.",
        role=Role.ANYONE,
        pattern="/api/sources/{source:.+}",
        also=(304,),
    ),
)
PAGES = (
    page("/sources", pages.list_tree, "Sources", role=Role.ANYONE),
    page("/sources/{source}", pages.show_source, "Source", role=Role.ANYONE, pattern="/sources/{source:.+}"),
    page("/search", search_page.show_search, "Search", role=Role.ANYONE, also=(303,)),
)
ROUTES = (*API, *PAGES)
