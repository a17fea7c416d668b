"""The message that a page shows once, after the form that caused it: carried by a cookie through the redirect."""

import base64
import binascii
import json
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import hdrs, web

_COOKIE = "oa_message"
_SHOWN_WITHIN_S = 60
_MOST_CHARACTERS = 600
_KINDS = frozenset({"good", "bad", "warn"})


@dataclass(frozen=True, slots=True)
class Message:
    """What to say; `kind` is `good`, `bad` or `warn`."""

    kind: str
    text: str


def see_other(request: web.Request, path: str, text: str, *, kind: str = "good") -> web.Response:
    """Lead a browser on after a form (303), where it sees the message."""
    response = web.Response(status=HTTPStatus.SEE_OTHER, headers={hdrs.LOCATION: path})
    told = json.dumps([kind, text[:_MOST_CHARACTERS]], ensure_ascii=False).encode()
    response.set_cookie(
        _COOKIE,
        base64.urlsafe_b64encode(told).decode().rstrip("="),
        max_age=_SHOWN_WITHIN_S,
        httponly=True,
        samesite="Strict",
        secure=request.secure,
    )
    return response


def read(request: web.Request) -> list[Message]:
    """Return what is to be shown; nothing for a cookie that is not of ours."""
    text = request.cookies.get(_COOKIE, "")
    if not text:
        return []
    try:
        kind, said = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        return []
    if not isinstance(kind, str) or kind not in _KINDS or not isinstance(said, str):
        return []
    return [Message(kind, said[:_MOST_CHARACTERS])]


def clear(response: web.Response) -> None:
    """Say it once only."""
    response.del_cookie(_COOKIE)
