"""The routes of reporting."""

from oa_api.http.routing import get, page
from oa_api.reporting import api, health_page, speed_page
from oa_api.reporting.schemas import (
    CostViewSchema,
    HealthFilterSchema,
    HealthGridSchema,
    StatisticsFilterSchema,
    StatisticsSchema,
)
from oa_shared.roles import Role

API = (
    get(
        "/api/health/sources",
        api.list_sources,
        "List the health of datasets",
        operation_id="listDatasetHealth",
        response=HealthGridSchema,
        tag="health",
        description=(
            "The datasets of live runs by name. `state` does not apply to `counts` and `groups`. The `Link` header "
            "has the URL of the next page."
        ),
        query=HealthFilterSchema,
        role=Role.ANYONE,
    ),
    get(
        "/api/statistics",
        api.get_statistics,
        "Get statistics: backlog, phases, throughput, cost",
        response=StatisticsSchema,
        tag="health",
        description="Statistics of a run, or of the latest 5,000 jobs that have ended.",
        query=StatisticsFilterSchema,
        refusals=(404,),
        role=Role.ANYONE,
    ),
    get(
        "/api/job/{job}/cost",
        api.get_cost,
        "Get the cost of a job",
        operation_id="getJobCost",
        response=CostViewSchema,
        tag="health",
        description="The cost of all attempts, at the prices in the settings.",
        role=Role.ANYONE,
    ),
)
PAGES = (
    page("/health", health_page.show_health, "Health of sources", role=Role.ANYONE),
    page("/runs/{run}/speed", speed_page.show_speed, "Time and cost of a run", role=Role.ANYONE),
)
ROUTES = (*API, *PAGES)
