"""The feed of events."""

from oa_api.handlers import events
from oa_api.routes.route import JSON, Route
from oa_api.schemas.events import EventFilter
from oa_shared.roles import Role

EVENTS = (
    Route(
        *("GET", "/api/events", events.get_events, "What happens to jobs", (JSON, events.STREAM), "events"),
        description=(
            "Every change of every job, in order and without a gap. With `Accept: text/event-stream` it is told as it "
            "happens: `job` events, resumable by `Last-Event-ID`; `run` events with the counts of a run that changed, "
            "at most one a second; `reset` where an id is too old to go on from."
        ),
        query=EventFilter,
        role=Role.ANYONE,
    ),
    Route(
        *("GET", "/api/run/{run}/events", events.get_events_of_run, "What happens to the jobs of a run"),
        *((JSON, events.STREAM), "events"),
        description="As GET /api/events, of one run.",
        query=EventFilter,
        role=Role.ANYONE,
    ),
)
