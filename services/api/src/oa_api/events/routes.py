"""The routes of events."""

from oa_api.events import api
from oa_api.events.schemas import EventPageSchema, EventQuerySchema
from oa_api.http.routing import JSON, get
from oa_shared.roles import Role

API = (
    get(
        "/api/events",
        api.get_events,
        "List or stream events",
        operation_id="listEvents",
        response=(JSON, api.STREAM),
        json=EventPageSchema,
        tag="events",
        description=(
            "Every change of every job, in order and without gaps. With `Accept: text/event-stream` the response is a "
            "stream: `job` events, resumable with `Last-Event-ID`; `run` events with the counts of a changed run, at "
            "most one per second; `reset` when the ID is too old to resume from."
        ),
        query=EventQuerySchema,
        role=Role.ANYONE,
    ),
    get(
        "/api/run/{run}/events",
        api.get_events_of_run,
        "List or stream the events of a run",
        operation_id="listEventsOfRun",
        response=(JSON, api.STREAM),
        json=EventPageSchema,
        tag="events",
        description="The same as GET /api/events with `run`.",
        query=EventQuerySchema,
        role=Role.ANYONE,
    ),
)
ROUTES = API
