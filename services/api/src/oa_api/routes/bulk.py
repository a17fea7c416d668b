"""One action on many jobs."""

from oa_api.handlers import bulk
from oa_api.routes.route import Route
from oa_api.schemas.bulk import Bulk, BulkFilter, BulkList, NewBulk
from oa_shared.roles import Role

BULK = (
    Route(
        *("POST", "/api/job/bulk", bulk.post_bulk, "Do something to every job of a filter", Bulk, "jobs"),
        description=(
            "`dry_run` counts what matches. Then the same with `expected` set to that count chooses the jobs, unless "
            "another number match by now (409), and a duty does them one after the other, each by the rules of the "
            "single action; the answer's `id` tells how far it is. A filter means jobs that the action can be done to: "
            "`rerun` those that have ended, `cancel` those that have not, `confirm` and `reject` those in `Warn`."
        ),
        body=NewBulk,
        refusals=(409,),
        is_idempotent_by_key=True,
        role=Role.MODERATOR,
    ),
    Route(
        *("GET", "/api/job/bulk", bulk.list_bulks, "What was done to many jobs", BulkList, "jobs"),
        description="Newest first. The `Link` header leads to the next page.",
        query=BulkFilter,
        role=Role.VIEWER,
    ),
    Route(
        *("GET", "/api/job/bulk/{bulk}", bulk.get_bulk, "How far a bulk action is", Bulk, "jobs"),
        role=Role.VIEWER,
    ),
)
