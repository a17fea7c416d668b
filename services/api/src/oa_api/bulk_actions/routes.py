"""The routes of bulk actions."""

from oa_api.bulk_actions import api, pages
from oa_api.bulk_actions.schemas import BulkFilterSchema, BulkListSchema, BulkSchema, NewBulkSchema
from oa_api.http.routing import form, get, page, post
from oa_shared.roles import Role

API = (
    post(
        "/api/job/bulk",
        api.post_bulk,
        "Do something to every job of a filter",
        answer=BulkSchema,
        tag="jobs",
        description=(
            "`dry_run` counts what matches. Then the same with `expected` set to that count chooses the jobs, "
            "unless another number match by now (409), and a duty does them one after the other, each by the "
            "rules of the single action; the answer's `id` tells how far it is. A filter means jobs that the "
            "action can be done to: `rerun` those that have ended, `cancel` those that have not, `confirm` and "
            "`reject` those in `Warn`."
        ),
        body=NewBulkSchema,
        refusals=(409,),
        is_idempotent_by_key=True,
        role=Role.MODERATOR,
    ),
    get(
        "/api/job/bulk",
        api.list_bulks,
        "What was done to many jobs",
        answer=BulkListSchema,
        tag="jobs",
        description="Newest first. The `Link` header leads to the next page.",
        query=BulkFilterSchema,
        role=Role.VIEWER,
    ),
    get(
        "/api/job/bulk/{bulk}",
        api.get_bulk,
        "How far a bulk action is",
        answer=BulkSchema,
        tag="jobs",
        role=Role.VIEWER,
    ),
)
PAGES = (
    page("/bulk", pages.show_bulk, "Bulk actions", role=Role.VIEWER),
    form("/bulk", pages.post_bulk, "Begin a bulk action", role=Role.MODERATOR),
    page("/bulk/{bulk}", pages.show_progress, "A bulk action", role=Role.VIEWER),
)
ROUTES = (*API, *PAGES)
