"""The routes of documentation."""

from oa_api.documentation import api, pages
from oa_api.http.routing import HTML, JSON, get, page
from oa_shared.roles import Role

API = (
    get("/api/openapi.json", api.get_openapi, "The OpenAPI document", answer=(JSON,), tag="service", role=Role.ANYONE),
    get("/docs", pages.get_docs, "The API as a page", answer=(HTML,), tag="service", role=Role.ANYONE),
)
PAGES = (
    page("/docs/pages", pages.get_components, "Components", role=Role.ANYONE),
    page("/docs/pages/map.json", pages.get_sample_map, "A map", answer=(JSON,), role=Role.ANYONE),
)
ROUTES = (*API, *PAGES)
