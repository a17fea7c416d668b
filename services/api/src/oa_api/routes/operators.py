"""The pages that operators work with."""

from oa_api.identity.role import Role
from oa_api.pages.operators import bulk, failures
from oa_api.routes.route import HTML, PAGE, Route

OPERATORS = (
    Route("GET", "/errors", failures.show_errors, "Errors", (HTML,), PAGE, role=Role.ANYONE),
    Route("POST", "/errors/{job}", failures.post_decision, "Decide", (HTML,), PAGE, role=Role.MODERATOR),
    Route("GET", "/bulk", bulk.show_bulk, "Bulk actions", (HTML,), PAGE, role=Role.VIEWER),
    Route("POST", "/bulk", bulk.post_bulk, "Begin a bulk action", (HTML,), PAGE, role=Role.MODERATOR),
    Route("GET", "/bulk/{bulk}", bulk.show_progress, "A bulk action", (HTML,), PAGE, role=Role.VIEWER),
)
