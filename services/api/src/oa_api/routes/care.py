"""The endpoints of what operators look after: schedules, health of sources, cleanup, uploads."""

from oa_api.handlers import schedules
from oa_api.identity.role import Role
from oa_api.routes.route import Route
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
CARE = SCHEDULES
