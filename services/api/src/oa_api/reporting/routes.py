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
        "How each dataset of the live runs stands",
        answer=HealthGridSchema,
        tag="health",
        description=(
            "In order of names; `counts` and `groups` do not look at `state`. The `Link` header leads to the next page."
        ),
        query=HealthFilterSchema,
        role=Role.ANYONE,
    ),
    get(
        "/api/statistics",
        api.get_statistics,
        "Backlog, seconds by phase, throughput, cost",
        answer=StatisticsSchema,
        tag="health",
        description="Of a run, or of the latest 5,000 jobs that have ended.",
        query=StatisticsFilterSchema,
        refusals=(404,),
        role=Role.ANYONE,
    ),
    get(
        "/api/job/{job}/cost",
        api.get_cost,
        "What a job has cost",
        answer=CostViewSchema,
        tag="health",
        description="All its attempts, at the prices that this stack counts with.",
        role=Role.ANYONE,
    ),
)
PAGES = (
    page("/health", health_page.show_health, "Health of sources", role=Role.ANYONE),
    page("/runs/{run}/speed", speed_page.show_speed, "Time and cost of a run", role=Role.ANYONE),
)
ROUTES = (*API, *PAGES)
