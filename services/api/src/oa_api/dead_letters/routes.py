"""The routes of dead letters."""

from oa_api.dead_letters import api, pages
from oa_api.dead_letters.schemas import (
    DeadFilterSchema,
    DeadLettersSchema,
    DepthListSchema,
    DiscardedSchema,
    DiscardSchema,
    RedrivenSchema,
    RedriveSchema,
)
from oa_api.http.routing import form, get, page, post
from oa_shared.roles import Role

API = (
    get(
        "/api/queue",
        api.list_queues,
        "How much is on the queues",
        answer=DepthListSchema,
        tag="queues",
        role=Role.ANYONE,
    ),
    get(
        "/api/queue/{queue}/dead",
        api.list_dead,
        "Messages nobody could deal with",
        answer=DeadLettersSchema,
        tag="queues",
        description="A look that takes nothing away; the messages are out of reach of others while it lasts.",
        query=DeadFilterSchema,
        role=Role.MODERATOR,
    ),
    post(
        "/api/queue/{queue}/redrive",
        api.post_redrive,
        "Send dead letters back",
        answer=RedrivenSchema,
        tag="queues",
        description=(
            "All of them, or those named or meant. Each is sent before it is deleted: at worst it comes twice."
        ),
        body=RedriveSchema,
        role=Role.MODERATOR,
    ),
    post(
        "/api/queue/{queue}/discard",
        api.post_discard,
        "Throw dead letters away",
        answer=DiscardedSchema,
        tag="queues",
        description="Those named or meant; the audit trail keeps what they were about.",
        body=DiscardSchema,
        role=Role.MODERATOR,
    ),
)
PAGES = (
    page("/dead-letters", pages.show_dead_letters, "Dead letters", role=Role.MODERATOR),
    form("/dead-letters/{queue}", pages.post_dead_letters, "Redrive or discard", role=Role.MODERATOR),
)
ROUTES = (*API, *PAGES)
