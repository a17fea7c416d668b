"""The W3C trace context, passed from a request through the queues and the container to the result."""

import re
import secrets
from contextvars import ContextVar

_TRACEPARENT = re.compile(r"00-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})")

_current: ContextVar[str | None] = ContextVar("current_trace", default=None)


def new_traceparent() -> str:
    """Return the context of a new trace."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def child_traceparent(parent: str | None) -> str:
    """Return a new span in the trace of `parent`; a new trace when `parent` is missing or invalid."""
    match = _TRACEPARENT.fullmatch(parent or "")
    if match is None:
        return new_traceparent()
    return f"00-{match['trace']}-{secrets.token_hex(8)}-{match['flags']}"


def trace_id(traceparent: str | None) -> str | None:
    """Return the trace id of a context, which all log lines of a trace share; None if it is invalid."""
    match = _TRACEPARENT.fullmatch(traceparent or "")
    return match["trace"] if match else None


def set_current_trace(traceparent: str | None) -> None:
    """Make the rest of this asyncio task part of a trace; `trace_headers` passes it to other services."""
    _current.set(traceparent)


def trace_headers() -> dict[str, str]:
    """Return the header that passes the current trace to another service; empty outside a trace."""
    current = _current.get()
    return {"traceparent": child_traceparent(current)} if current else {}
