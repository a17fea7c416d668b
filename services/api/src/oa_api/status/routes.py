"""The routes of status."""

from oa_api.http.routing import TEXT, get
from oa_api.status import api, metrics_api
from oa_api.status.schemas import HealthSchema, VersionSchema
from oa_shared.roles import Role

API = (
    get(
        "/",
        api.get_root,
        "Health, or the page for a browser",
        answer=HealthSchema,
        is_health=True,
        tag="service",
        description="503 with the reasons when the database or a duty is away; a browser gets the page.",
        role=Role.ANYONE,
    ),
    get("/api", api.get_version, "The version", answer=VersionSchema, tag="service", role=Role.ANYONE),
    get("/metrics", metrics_api.get_metrics, "Prometheus metrics", answer=(TEXT,), tag="service", role=Role.ANYONE),
)
ROUTES = API
