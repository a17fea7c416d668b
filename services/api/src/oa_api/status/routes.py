"""The routes of status."""

from oa_api.http.routing import TEXT, get
from oa_api.status import api, metrics_api
from oa_api.status.schemas import HealthSchema, VersionSchema
from oa_shared.roles import Role

API = (
    get(
        "/",
        api.get_root,
        "Get the health of the service",
        response=HealthSchema,
        is_health=True,
        tag="service",
        description="503 with the problems if the database or a worker is down. A browser gets the overview page.",
        role=Role.ANYONE,
    ),
    get("/api", api.get_version, "Get the version", response=VersionSchema, tag="service", role=Role.ANYONE),
    get(
        "/metrics", metrics_api.get_metrics, "Get Prometheus metrics", response=(TEXT,), tag="service", role=Role.ANYONE
    ),
)
ROUTES = API
