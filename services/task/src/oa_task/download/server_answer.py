"""What a server answered, as the details of a failure show it: status, some headers, the start of the body as text."""

import aiohttp

from oa_shared.carriers import clean_text
from oa_shared.failure_details import ANSWER_BYTES, ServerAnswer
from oa_task.download.shown_url import shown_location, shown_url

# Headers that explain an answer; none holds a cookie, and only `Location` may hold a credential.
_HEADERS = (
    *("Content-Type", "Content-Length", "Content-Encoding", "Content-Disposition", "Last-Modified", "ETag"),
    *("Location", "Retry-After", "WWW-Authenticate", "Server"),
)
_MAX_HEADER_BYTES, _MAX_URL_BYTES = 200, 600
_MAX_UNREADABLE = 0.1
_HEX_BYTES = 16


def server_answer(response: aiohttp.ClientResponse, body: bytes) -> ServerAnswer:
    """Return the answer of a server; `body` is its decoded start."""
    headers = {
        name: clean_text(_shown_header(name, response.headers[name]), max_bytes=_MAX_HEADER_BYTES)
        for name in _HEADERS
        if name in response.headers
    }
    url = clean_text(shown_url(response.url), max_bytes=_MAX_URL_BYTES)
    return ServerAnswer(url, response.status, headers, start_as_text(body))


def _shown_header(name: str, value: str) -> str:
    return shown_location(value) if name == "Location" else value


def start_as_text(body: bytes) -> str:
    """Return the first 500 bytes of a body as text; of one that is not text, its first bytes as hexadecimal numbers."""
    start = body[:ANSWER_BYTES]
    if not start:
        return ""
    text = clean_text(start.decode("utf-8", "replace"), max_bytes=2 * ANSWER_BYTES)
    if text.count("\ufffd") > _MAX_UNREADABLE * len(text) + 1:
        return f"binary data: {start[:_HEX_BYTES].hex(' ')}"
    return text
