"""The headers that a source definition may set: any of HTTP except those that frame a request or route it."""

import re
from collections.abc import Mapping

FORBIDDEN_HEADERS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "forwarded",
        "host",
        "http2-settings",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "range",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    }
)
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_VALUE = re.compile(r"[^\x00-\x1f\x7f]{0,4000}")


def header_violation(headers: Mapping[str, object]) -> str | None:
    """Return what is wrong with the headers of a definition, None if they are valid (RFC 9110, 5.5 and 5.6.2)."""
    for name, value in headers.items():
        if _NAME.fullmatch(name) is None:
            return f"{name[:100]!r} is not a header name"
        if name.lower() in FORBIDDEN_HEADERS:
            return f"a definition must not set {name!r}"
        if not isinstance(value, str) or _VALUE.fullmatch(value) is None:
            return f"the value of {name!r} has a control character or more than 4,000 characters"
    return None
