"""How an event looks, as JSON and as a server-sent event."""

import json
from typing import Any

from oa_api.events.position import Position
from oa_api.schemas.events import FeedEvent
from oa_api.store.database import Row

# How long a client waits before it comes back, in milliseconds.
RETRY = b"retry: 2000\n"
KEEP_ALIVE = b": alive\n\n"
_EVENT = FeedEvent()


def event_view(row: Row) -> Any:
    """Return an event of the feed."""
    detail = row["detail"] or {}
    error = detail.get("error") or {}
    return _EVENT.dump({**row, "id": Position.of(row), "status": detail.get("status"), "error": error.get("code")})


def as_sent(name: str, data: Any, *, at: Position | None = None) -> bytes:
    """Return one server-sent event; `at` is what a client resumes from."""
    head = f"id: {at}\n" if at is not None else ""
    return f"{head}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def bookmark(at: Position) -> bytes:
    """Return the id from which a client resumes that has heard nothing more; it shows no event."""
    return f"id: {at}\n\n".encode()
