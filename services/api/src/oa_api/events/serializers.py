"""How an event looks, as JSON and as a server-sent event."""

import json
from typing import Any

from oa_api.db.database import Row
from oa_api.events.cursor import Cursor
from oa_api.events.schemas import FeedEventSchema

# How long a client waits before it comes back, in milliseconds.
RETRY = b"retry: 2000\n"
KEEP_ALIVE = b": alive\n\n"
_EVENT = FeedEventSchema()


def event_view(row: Row) -> Any:
    """Return an event of the feed."""
    detail = row["detail"] or {}
    error = detail.get("error") or {}
    return _EVENT.dump({**row, "id": Cursor.of(row), "status": detail.get("status"), "error": error.get("code")})


def sse_frame(name: str, data: Any, *, at: Cursor | None = None) -> bytes:
    """Return one server-sent event; `at` is what a client resumes from."""
    head = f"id: {at}\n" if at is not None else ""
    return f"{head}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def cursor_comment(at: Cursor) -> bytes:
    """Return the id from which a client resumes that has heard nothing more; it shows no event."""
    return f"id: {at}\n\n".encode()
