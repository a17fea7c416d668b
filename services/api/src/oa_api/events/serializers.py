"""Events as JSON and as server-sent events."""

import json

from oa_api.events.cursor import Cursor
from oa_api.events.rows import EventRow
from oa_api.events.schemas import FeedEventSchema
from oa_shared.json_types import JsonMapping, JsonObject

# How long a client waits before it reconnects, in milliseconds.
RETRY = b"retry: 2000\n"
KEEP_ALIVE = b": alive\n\n"
_EVENT = FeedEventSchema()


def serialize_event(event: EventRow) -> JsonObject:
    """Return an event of the feed."""
    return dict(_EVENT.dump(event))


def sse_frame(name: str, data: JsonMapping, *, cursor: Cursor | None = None) -> bytes:
    """Return a server-sent event; a client resumes at its `cursor`."""
    head = f"id: {cursor}\n" if cursor is not None else ""
    return f"{head}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def cursor_comment(cursor: Cursor) -> bytes:
    """Return the position at which a client resumes that receives nothing more; it shows no event."""
    return f"id: {cursor}\n\n".encode()
