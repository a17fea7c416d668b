"""Messages that a page shows once after a form was sent: a cookie carries them through the redirect."""

import base64
import binascii
import json
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import hdrs, web

from oa_api.http.safe_json import UnstorableError, check_storable

_COOKIE = "oa_message"
_MAX_AGE_S = 60
_MAX_LENGTH = 600
_KINDS = frozenset({"good", "bad", "warn"})


@dataclass(frozen=True, slots=True)
class Message:
    """A message; `kind` is `good`, `bad` or `warn`."""

    kind: str
    text: str


def see_other(request: web.Request, path: str, text: str, *, kind: str = "good") -> web.Response:
    """Return a redirect (303) to a page that shows the message."""
    response = web.Response(status=HTTPStatus.SEE_OTHER, headers={hdrs.LOCATION: path})
    message = json.dumps([kind, text[:_MAX_LENGTH]], ensure_ascii=False).encode()
    response.set_cookie(
        _COOKIE,
        base64.urlsafe_b64encode(message).decode().rstrip("="),
        max_age=_MAX_AGE_S,
        httponly=True,
        samesite="Strict",
        secure=request.secure,
    )
    return response


def read(request: web.Request) -> list[Message]:
    """Return the message of the cookie, if it has a valid one."""
    cookie = request.cookies.get(_COOKIE, "")
    if not cookie:
        return []
    try:
        kind, text = json.loads(base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4)))
        check_storable(text)  # a browser sends any cookie, and no page can hold half a character
    except (ValueError, TypeError, UnstorableError, binascii.Error, RecursionError):
        return []
    if not isinstance(kind, str) or kind not in _KINDS or not isinstance(text, str):
        return []
    return [Message(kind, text[:_MAX_LENGTH])]


def clear(response: web.Response) -> None:
    """Delete the cookie, so that the message is shown once only."""
    response.del_cookie(_COOKIE)
