"""The pages that operators work with."""

from oa_api.pages.operators import bulk, dead_letters, failures, pauses
from oa_api.routes.route import HTML, PAGE, Route
from oa_shared.roles import Role

OPERATORS = (
    Route("GET", "/errors", failures.show_errors, "Errors", (HTML,), PAGE, role=Role.ANYONE),
    Route("POST", "/errors/{job}", failures.post_decision, "Decide", (HTML,), PAGE, role=Role.MODERATOR),
    Route("GET", "/bulk", bulk.show_bulk, "Bulk actions", (HTML,), PAGE, role=Role.VIEWER),
    Route("POST", "/bulk", bulk.post_bulk, "Begin a bulk action", (HTML,), PAGE, role=Role.MODERATOR),
    Route("GET", "/bulk/{bulk}", bulk.show_progress, "A bulk action", (HTML,), PAGE, role=Role.VIEWER),
    Route(
        *("GET", "/dead-letters", dead_letters.show_dead_letters, "Dead letters", (HTML,), PAGE),
        role=Role.MODERATOR,
    ),
    Route(
        *("POST", "/dead-letters/{queue}", dead_letters.post_dead_letters, "Redrive or discard", (HTML,), PAGE),
        role=Role.MODERATOR,
    ),
    Route("GET", "/pauses", pauses.show_pauses, "Pauses", (HTML,), PAGE, role=Role.ANYONE),
    Route("POST", "/pauses", pauses.post_pause, "Pause", (HTML,), PAGE, role=Role.MODERATOR),
    Route("POST", "/pauses/{pause}/end", pauses.post_resume, "Resume", (HTML,), PAGE, role=Role.MODERATOR),
)
