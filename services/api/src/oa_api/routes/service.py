"""The endpoints that are about the service itself."""

from oa_api.handlers import about, documents, metrics
from oa_api.pages import documentation
from oa_api.routes.route import HTML, JSON, TEXT, Route
from oa_api.schemas import answers
from oa_shared.roles import Role

SERVICE = (
    Route(
        *("GET", "/", about.get_root, "Health, or the page for a browser", answers.Health, "service"),
        description="503 with the reasons when the database or a duty is away; a browser gets the page.",
        role=Role.ANYONE,
    ),
    Route("GET", "/api", about.get_version, "The version", answers.Version, "service", role=Role.ANYONE),
    Route("GET", "/metrics", metrics.get_metrics, "Prometheus metrics", (TEXT,), "service", role=Role.ANYONE),
    Route(
        "GET", "/api/openapi.json", documents.get_openapi, "The OpenAPI document", (JSON,), "service", role=Role.ANYONE
    ),
    Route("GET", "/docs", documentation.get_docs, "The API as a page", (HTML,), "service", role=Role.ANYONE),
)
