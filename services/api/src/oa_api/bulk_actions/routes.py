"""The routes of bulk actions."""

from oa_api.bulk_actions import api, pages
from oa_api.bulk_actions.schemas import (
    BulkActionListSchema,
    BulkActionSchema,
    BulkListFilterSchema,
    NewBulkActionSchema,
)
from oa_api.http.routing import form, get, page, post
from oa_shared.roles import Role

API = (
    post(
        "/api/bulk",
        api.post_bulk,
        "Start a bulk action",
        operation_id="startBulkAction",
        former_path="/api/job/bulk",
        response=BulkActionSchema,
        tag="jobs",
        description=(
            "With `dry_run`, returns the number of matching jobs. Without it, requires that number as `expected` and "
            "chooses the jobs, unless a different number matches now (409). A worker then handles one job after the "
            "other, by the rules of the single action; GET the returned `id` for progress. Of the selected jobs, "
            "`rerun` applies to ended ones, `cancel` to unfinished ones, `confirm` and `reject` to those in `Warn`."
        ),
        body=NewBulkActionSchema,
        refusals=(409,),
        is_idempotent_by_key=True,
        role=Role.MODERATOR,
    ),
    get(
        "/api/bulk",
        api.list_bulk_actions,
        "List bulk actions",
        former_path="/api/job/bulk",
        response=BulkActionListSchema,
        tag="jobs",
        description="Newest first. The `Link` header has the next page.",
        query=BulkListFilterSchema,
        role=Role.VIEWER,
    ),
    get(
        "/api/bulk/{bulk}",
        api.get_bulk,
        "Get a bulk action",
        operation_id="getBulkAction",
        description="With its progress: the numbers of jobs done, skipped and remaining.",
        former_path="/api/job/bulk/{bulk}",
        response=BulkActionSchema,
        tag="jobs",
        role=Role.VIEWER,
    ),
)
PAGES = (
    page("/bulk", pages.show_bulk, "Bulk actions", role=Role.VIEWER),
    form("/bulk", pages.post_bulk, "Start a bulk action", role=Role.MODERATOR),
    page("/bulk/{bulk}", pages.show_progress, "A bulk action", role=Role.VIEWER),
)
ROUTES = (*API, *PAGES)
