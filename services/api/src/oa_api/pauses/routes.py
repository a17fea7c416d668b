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
        "List pauses",
        description="Newest first; `ended` includes ended pauses.",
        response=PauseListSchema,
        tag="queues",
        query=PauseFilterSchema,
        role=Role.ANYONE,
    ),
    post(
        "/api/pause",
        api.post_pause,
        "Pause jobs",
        operation_id="createPause",
        response=PauseSchema,
        tag="queues",
        description=(
            "Jobs in the scope (all, a lane, a source, a host) are not sent to the jobs queue until the pause ends or "
            "expires. Jobs on the queue or in Batch continue. The time of a pause does not count toward the 48 hours "
            "of a job."
        ),
        body=NewPauseSchema,
        refusals=(409,),
        role=Role.MODERATOR,
    ),
    get(
        "/api/pause/{pause}",
        api.get_pause,
        "Get a pause",
        description="With the number of job messages that wait for its end.",
        response=PauseSchema,
        tag="queues",
        role=Role.ANYONE,
    ),
    delete(
        "/api/pause/{pause}",
        api.delete_pause,
        "Resume jobs",
        description="Ends the pause: its queued jobs are submitted.",
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
