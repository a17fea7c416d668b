"""The routes of queues and dead letters."""

from oa_api.dead_letters import api, pages
from oa_api.dead_letters.schemas import (
    DeadLetterListFilterSchema,
    DeadLetterListSchema,
    DiscardResultSchema,
    DiscardSchema,
    QueueDepthListSchema,
    RedriveResultSchema,
    RedriveSchema,
)
from oa_api.http.routing import form, get, page, post
from oa_shared.roles import Role

API = (
    get(
        "/api/queue",
        api.list_queues,
        "Get queue depths",
        description="The number of messages that are waiting, in progress, or could not be processed.",
        response=QueueDepthListSchema,
        tag="queues",
        role=Role.ANYONE,
    ),
    get(
        "/api/queue/{queue}/dead",
        api.list_dead,
        "List dead letters",
        operation_id="listDeadLetters",
        response=DeadLetterListSchema,
        tag="queues",
        description="Viewing removes no message, but hides them from other clients until the response is sent.",
        query=DeadLetterListFilterSchema,
        role=Role.MODERATOR,
    ),
    post(
        "/api/queue/{queue}/redrive",
        api.post_redrive,
        "Redrive dead letters",
        operation_id="redriveDeadLetters",
        response=RedriveResultSchema,
        tag="queues",
        description=(
            "Sends all dead letters, or the selected ones, back to their queue. Each is sent before it is deleted, so "
            "it may arrive twice."
        ),
        body=RedriveSchema,
        role=Role.MODERATOR,
    ),
    post(
        "/api/queue/{queue}/discard",
        api.post_discard,
        "Discard dead letters",
        operation_id="discardDeadLetters",
        response=DiscardResultSchema,
        tag="queues",
        description="Deletes the selected dead letters; the audit log keeps a summary of them.",
        body=DiscardSchema,
        role=Role.MODERATOR,
    ),
)
PAGES = (
    page("/dead-letters", pages.show_dead_letters, "Dead letters", role=Role.MODERATOR),
    form("/dead-letters/{queue}", pages.post_dead_letters, "Redrive or discard", role=Role.MODERATOR),
)
ROUTES = (*API, *PAGES)
