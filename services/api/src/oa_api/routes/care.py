"""The endpoints of what operators look after: schedules, health of sources, cleanup, uploads."""

from oa_api.handlers import cleanup, health, schedules
from oa_api.identity.role import Role
from oa_api.routes.route import Route
from oa_api.schemas import cleanup as cleanup_shapes
from oa_api.schemas import health as health_shapes
from oa_api.schemas import schedules as schedule_shapes

SCHEDULES = (
    Route(
        *("GET", "/api/schedule", schedules.list_fires, "What fired, and what is due"),
        *(schedule_shapes.FireList, "schedules"),
        description="Newest first. The `Link` header leads to the next page.",
        query=schedule_shapes.FireFilter,
        role=Role.ANYONE,
    ),
    Route(
        *("GET", "/api/schedule/{fire}", schedules.get_fire, "What came of one firing"),
        *(schedule_shapes.FireDetail, "schedules"),
        role=Role.ANYONE,
    ),
    Route(
        *("POST", "/api/schedule", schedules.post_fire, "Say that something is due"),
        *(schedule_shapes.FireDetail, "schedules"),
        description=(
            "The answer does not wait for the work. A type and period is done once, however often it fires: firing it "
            "again returns the same fire, and one that had failed goes on where it stopped."
        ),
        body=schedule_shapes.Firing,
        role=Role.ADMIN,
    ),
)
HEALTH = (
    Route(
        *("GET", "/api/health/sources", health.list_sources, "How each dataset of the live runs stands"),
        *(health_shapes.HealthGrid, "health"),
        description=(
            "In order of names; `counts` and `groups` do not look at `state`. The `Link` header leads to the next page."
        ),
        query=health_shapes.HealthFilter,
        role=Role.ANYONE,
    ),
    Route(
        *("GET", "/api/statistics", health.get_statistics, "Backlog, seconds by phase, throughput, cost"),
        *(health_shapes.Statistics, "health"),
        description="Of a run, or of the latest 5,000 jobs that have ended.",
        query=health_shapes.StatisticsFilter,
        refusals=(404,),
        role=Role.ANYONE,
    ),
    Route(
        *("GET", "/api/job/{job}/cost", health.get_cost, "What a job has cost"),
        *(health_shapes.CostView, "health"),
        description="All its attempts, at the prices that this stack counts with.",
        role=Role.ANYONE,
    ),
)
CLEANUP = (
    Route(
        *("GET", "/api/cleanup", cleanup.get_rules, "How long what is kept"),
        *(cleanup_shapes.CleanupRules, "cleanup"),
        description="The rules, and what the last cleanup removed.",
        role=Role.ANYONE,
    ),
    Route(
        *("PATCH", "/api/cleanup", cleanup.patch_rules, "Change rules"),
        *(cleanup_shapes.CleanupRules, "cleanup"),
        description="What is left out stays as it is. What is published, and what products offer, is never removed.",
        body=cleanup_shapes.RulesChange,
        role=Role.ADMIN,
    ),
    Route(
        *("POST", "/api/cleanup", cleanup.post_cleanup, "Say what would go, or remove it"),
        *(cleanup_shapes.Cleanup, "cleanup"),
        description="With `dry_run` nothing is changed; without, the work is done beside, as a schedule's.",
        body=cleanup_shapes.CleanupRequest,
        role=Role.ADMIN,
    ),
)
CARE = (*SCHEDULES, *HEALTH, *CLEANUP)
