"""The routes of pauses."""

from oa_api.http.routing import delete, form, get, page, post
from oa_api.http.schemas import ActionReasonSchema
from oa_api.pauses import api, pages
from oa_api.pauses.schemas import NewPauseSchema, PauseFilterSchema, PauseListSchema, PauseSchema
from oa_shared.roles import Role

API = (
    get(
        "/api/pause",
        api.list_pauses,
        "What is held back",
        response=PauseListSchema,
        tag="queues",
        query=PauseFilterSchema,
        role=Role.ANYONE,
    ),
    post(
        "/api/pause",
        api.post_pause,
        "Hold jobs back",
        response=PauseSchema,
        tag="queues",
        description=(
            "Jobs of everything, a lane, a source or a host are no longer sent to the jobs queue, until the pause "
            "is ended or its time is over; then they are sent. What is on the queue or in Batch already goes on. "
            "The time that a job is held does not count against its 48 hours."
        ),
        body=NewPauseSchema,
        refusals=(409,),
        role=Role.MODERATOR,
    ),
    get("/api/pause/{pause}", api.get_pause, "A pause", response=PauseSchema, tag="queues", role=Role.ANYONE),
    delete(
        "/api/pause/{pause}",
        api.delete_pause,
        "Let jobs go on",
        response=PauseSchema,
        tag="queues",
        body=ActionReasonSchema,
        refusals=(409,),
        role=Role.MODERATOR,
    ),
)
PAGES = (
    page("/pauses", pages.show_pauses, "Pauses", role=Role.ANYONE),
    form("/pauses", pages.post_pause, "Pause", role=Role.MODERATOR),
    form("/pauses/{pause}/end", pages.post_resume, "Resume", role=Role.MODERATOR),
)
ROUTES = (*API, *PAGES)
