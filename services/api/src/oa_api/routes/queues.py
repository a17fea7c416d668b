"""The endpoints below /api/queue."""

from oa_api.handlers import dead_letters
from oa_api.routes.route import Route
from oa_api.schemas import queues
from oa_shared.roles import Role

QUEUES = (
    Route(
        "GET",
        "/api/queue",
        dead_letters.list_queues,
        "How much is on the queues",
        queues.DepthList,
        "queues",
        role=Role.ANYONE,
    ),
    Route(
        *("GET", "/api/queue/{queue}/dead", dead_letters.list_dead, "Messages nobody could deal with"),
        *(queues.DeadLetters, "queues"),
        description="A look that takes nothing away; the messages are out of reach of others while it lasts.",
        query=queues.DeadFilter,
        role=Role.MODERATOR,
    ),
    Route(
        *("POST", "/api/queue/{queue}/redrive", dead_letters.post_redrive, "Send dead letters back"),
        *(queues.Redriven, "queues"),
        description="All of them, or those named or meant. Each is sent before it is deleted: at worst it comes twice.",
        body=queues.Redrive,
        role=Role.MODERATOR,
    ),
    Route(
        *("POST", "/api/queue/{queue}/discard", dead_letters.post_discard, "Throw dead letters away"),
        *(queues.Discarded, "queues"),
        description="Those named or meant; the audit trail keeps what they were about.",
        body=queues.Discard,
        role=Role.MODERATOR,
    ),
)
