"""The W3C trace context, carried from a request through the queues and the container to the result."""

import re
import secrets
from contextvars import ContextVar

_TRACEPARENT = re.compile(r"00-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})")

_followed: ContextVar[str | None] = ContextVar("followed_trace", default=None)


def new_traceparent() -> str:
    """Return the context of a new trace."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def child_traceparent(parent: str | None) -> str:
    """Return a new span in the trace of `parent`; a new trace when there is none or it cannot be read."""
    match = _TRACEPARENT.fullmatch(parent or "")
    if match is None:
        return new_traceparent()
    return f"00-{match['trace']}-{secrets.token_hex(8)}-{match['flags']}"


def trace_id(traceparent: str | None) -> str | None:
    """Return the id that all log lines of one trace share."""
    match = _TRACEPARENT.fullmatch(traceparent or "")
    return match["trace"] if match else None


def set_current_trace(traceparent: str | None) -> None:
    """Make the rest of this task part of a trace: its calls of other services carry it."""
    _followed.set(traceparent)


def trace_headers() -> dict[str, str]:
    """Return the header that takes the followed trace to the next service; nothing outside of a trace."""
    followed = _followed.get()
    return {"traceparent": child_traceparent(followed)} if followed else {}
