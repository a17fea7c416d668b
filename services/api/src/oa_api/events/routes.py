"""The routes of events."""

from oa_api.events import api
from oa_api.events.schemas import EventFilterSchema
from oa_api.http.routing import JSON, get
from oa_shared.roles import Role

API = (
    get(
        "/api/events",
        api.get_events,
        "What happens to jobs",
        answer=(JSON, api.STREAM),
        tag="events",
        description=(
            "Every change of every job, in order and without a gap. With `Accept: text/event-stream` it is told "
            "as it happens: `job` events, resumable by `Last-Event-ID`; `run` events with the counts of a run "
            "that changed, at most one a second; `reset` where an id is too old to go on from."
        ),
        query=EventFilterSchema,
        role=Role.ANYONE,
    ),
    get(
        "/api/run/{run}/events",
        api.get_events_of_run,
        "What happens to the jobs of a run",
        answer=(JSON, api.STREAM),
        tag="events",
        description="As GET /api/events, of one run.",
        query=EventFilterSchema,
        role=Role.ANYONE,
    ),
)
ROUTES = API
