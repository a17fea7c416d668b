"""Reading the forms of pages, by schema like the bodies of the API."""

from typing import Any, TypeVar
from urllib.parse import parse_qsl

from aiohttp import web
from marshmallow import Schema, ValidationError

from oa_api.http.errors import BadRequestError, InvalidError, UnsupportedTypeError
from oa_api.http.fields import RequestSchema, error_messages
from oa_api.http.request_parsing import raw_body

MEDIA_TYPE = "application/x-www-form-urlencoded"
CSRF_FIELD = "csrf"
_MAX_FIELDS = 1000
_MAX_BYTES = 16 * 1024
_Request = TypeVar("_Request")


async def form_values(request: web.Request) -> list[tuple[str, str]]:
    """Return the fields of a form in their order. Raises BadRequestError, UnsupportedTypeError, TooLargeError."""
    if request.body_exists and request.content_type != MEDIA_TYPE:
        raise UnsupportedTypeError(f"send {MEDIA_TYPE}, not {request.content_type}")
    try:
        text = (await raw_body(request, limit=_MAX_BYTES)).decode("utf-8")
        return parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise BadRequestError("the form cannot be read") from error


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
