"""Reading an answer of the API: its text, its status, its shape."""

import json
from typing import TypeVar, cast

import aiohttp

from oa_cli.answer_shape import find_shape_fault
from oa_cli.api_errors import NotAllowedError, RejectedError, UnreachableError
from oa_shared.json_types import JsonMapping

_BAD, _UNAUTHORIZED, _FORBIDDEN, _SERVER_FAULT = 400, 401, 403, 500
_UNEXPECTED = "unexpected answer: is OA_API_URL the URL of this API?"
_WEB_PAGE = ("<!doctype html", "<html")
_Answer = TypeVar("_Answer", bound=JsonMapping)


async def read_text(response: aiohttp.ClientResponse) -> str:
    """Return the body as text, also of an answer that is not UTF-8."""
    return (await response.read()).decode("utf-8", "replace")


def describe_connection(url: str, error: Exception) -> str:
    """Return why no answer arrived, and what to do."""
    state = f"{url} does not answer ({_reason(error)})"
    return f"{state}: is it running? Set OA_API_URL, or start a local stack with `make up`"


_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientConnectorDNSError, "host name not found"),
    (aiohttp.ClientSSLError, "certificate not accepted"),
    (aiohttp.ClientConnectorError, "no connection"),
    (TimeoutError, "time limit reached"),
    (aiohttp.ClientPayloadError, "connection lost"),
    (aiohttp.ServerDisconnectedError, "connection lost"),
    (ConnectionError, "connection lost"),
    (aiohttp.TooManyRedirects, "too many redirects"),
)


def _reason(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, ConnectionRefusedError):
        return "connection refused"
    return next((text for kind, text in _REASONS if isinstance(error, kind)), type(error).__name__)


def decode_answer(text: str, answer: type[_Answer]) -> _Answer:
    """Return an answer as JSON. Raises RejectedError if it has another shape."""
    try:
        decoded: object = json.loads(text)
    except (ValueError, RecursionError):
        raise RejectedError(_UNEXPECTED) from None
    fault = find_shape_fault(decoded, answer)
    if fault:
        raise RejectedError(f"unexpected answer, see `{fault}`: is the server of another version than this program?")
    if fault is not None:
        raise RejectedError(_UNEXPECTED)
    return cast("_Answer", decoded)


def check_status(status: int, text: str) -> str:
    """Return the text of a good answer. Raises RejectedError, or of a failing server UnreachableError, of any other."""
    if status < _BAD:
        return text
    try:
        problem = json.loads(text)
        detail, fields = str(problem["detail"]), problem.get("errors")
        fields = fields if isinstance(fields, dict) else None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        if status >= _SERVER_FAULT:
            raise UnreachableError(f"the server fails (status {status}): try again later") from error
        raise RejectedError(f"unexpected answer {status}: is OA_API_URL the URL of this API?") from error
    if status >= _SERVER_FAULT:
        raise UnreachableError(f"{detail} (status {status}): try again later")
    if status == _UNAUTHORIZED:
        raise NotAllowedError(f"{detail}: set OA_TOKEN (services: OA_SHARED_SECRET)", fields)
    if status == _FORBIDDEN:
        raise NotAllowedError(f"{detail}; `oa profile` shows your role", fields)
    raise RejectedError(detail, fields)


def check_text(text: str) -> str:
    """Return a text that is not a web page. Raises RejectedError for one."""
    if text.lstrip()[:15].lower().startswith(_WEB_PAGE):
        raise RejectedError(_UNEXPECTED)
    return text
