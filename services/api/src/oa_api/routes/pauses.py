"""What operators hold back."""

from oa_api.handlers import pauses
from oa_api.routes.route import Route
from oa_api.schemas.pauses import NewPause, Pause, PauseFilter, PauseList
from oa_api.schemas.requests import Why
from oa_shared.roles import Role

PAUSES = (
    Route(
        *("GET", "/api/pause", pauses.list_pauses, "What is held back", PauseList, "queues"),
        query=PauseFilter,
        role=Role.ANYONE,
    ),
    Route(
        *("POST", "/api/pause", pauses.post_pause, "Hold jobs back", Pause, "queues"),
        description=(
            "Jobs of everything, a lane, a source or a host are no longer sent to the jobs queue, until the pause is "
            "ended or its time is over; then they are sent. What is on the queue or in Batch already goes on. The time "
            "that a job is held does not count against its 48 hours."
        ),
        body=NewPause,
        refusals=(409,),
        role=Role.MODERATOR,
    ),
    Route("GET", "/api/pause/{pause}", pauses.get_pause, "A pause", Pause, "queues", role=Role.ANYONE),
    Route(
        *("DELETE", "/api/pause/{pause}", pauses.delete_pause, "Let jobs go on", Pause, "queues"),
        body=Why,
        refusals=(409,),
        role=Role.MODERATOR,
    ),
)
