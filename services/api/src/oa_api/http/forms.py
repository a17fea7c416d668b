"""Reading the forms of pages, by schema like the bodies of the API."""

from typing import Any, TypeVar
from urllib.parse import parse_qsl

from aiohttp import web
from marshmallow import Schema, ValidationError

from oa_api.http.errors import BadRequestError, InvalidError, UnsupportedTypeError
from oa_api.http.fields import RequestSchema, error_messages
from oa_api.http.request_parsing import raw_body
from oa_shared.large_bodies import run_by_size

MEDIA_TYPE = "application/x-www-form-urlencoded"
CSRF_FIELD = "csrf"
# Never shown again: what proves who sent the form.
_SECRET_FIELDS = frozenset({CSRF_FIELD, "token"})
_MAX_FIELDS = 1000
_MAX_BYTES = 16 * 1024
# The largest form by path, of the paths that take larger ones.
FORM_LIMITS = web.AppKey("form_limits", dict[str, int])
_VALUES = web.RequestKey("form_values", list[tuple[str, str]])
_Request = TypeVar("_Request")


async def form_values(request: web.Request) -> list[tuple[str, str]]:
    """Return the fields of a form in their order. Raises BadRequestError, UnsupportedTypeError, TooLargeError."""
    if _VALUES in request:
        return request[_VALUES]
    if request.body_exists and request.content_type != MEDIA_TYPE:
        raise UnsupportedTypeError(f"send {MEDIA_TYPE}, not {request.content_type}")
    try:
        body = await raw_body(request, limit=request.app[FORM_LIMITS].get(request.path, _MAX_BYTES))
        request[_VALUES] = await run_by_size(len(body), _split, body)
    except ValueError as error:
        raise BadRequestError("the form cannot be read") from error
    return request[_VALUES]


def sent_values(request: web.Request) -> dict[str, str]:
    """Return the fields of a form that was read, to show them again; without those that prove who sent it."""
    return {name: value for name, value in request.get(_VALUES, []) if name not in _SECRET_FIELDS}


def _split(body: bytes) -> list[tuple[str, str]]:
    return parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MAX_FIELDS)


async def read_form(request: web.Request, schema: RequestSchema[_Request]) -> _Request:
    """Return a form as the schema's dataclass; an empty field counts as left out. Raises InvalidError."""
    loaded: _Request = await _load(request, schema)
    return loaded


async def _load(request: web.Request, schema: Schema) -> Any:
    values = {name: value for name, value in await form_values(request) if name != CSRF_FIELD and value.strip()}
    try:
        return schema.load(values)
    except ValidationError as error:
        fields = error_messages(error)
        raise InvalidError(f"the form is not valid: {', '.join(fields)}", fields=fields) from error
