"""The routes of the API reference and the gallery of page components."""

from oa_api.documentation import api, guide_pages, pages
from oa_api.http.routing import HTML, JSON, get, page
from oa_api.ui.guides import GUIDES
from oa_shared.roles import Role

API = (
    get(
        "/api/openapi.json",
        api.get_openapi,
        "Get the OpenAPI document",
        operation_id="getOpenApiDocument",
        description="This document: OpenAPI 3.1.",
        response=(JSON,),
        tag="service",
        role=Role.ANYONE,
    ),
    get(
        "/docs",
        pages.get_docs,
        "Read the API reference as a page",
        operation_id="getReference",
        description="This document as a page.",
        response=(HTML,),
        tag="service",
        role=Role.ANYONE,
    ),
)
PAGES = (
    *(page(f"/guide/{name}", guide_pages.show_guide, title, role=Role.ANYONE) for name, title in GUIDES.items()),
    page("/docs/pages", pages.get_components, "Components", role=Role.ANYONE, is_development=True),
    page(
        "/docs/pages/map.json",
        pages.get_sample_map,
        "Sample changes",
        response=(JSON,),
        role=Role.ANYONE,
        is_development=True,
    ),
)
ROUTES = (*API, *PAGES)
