"""Reading the forms of pages: by schema, like the bodies of the API."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from marshmallow import Schema, ValidationError

from oa_api.http.errors import BadRequestError, InvalidError, UnsupportedTypeError
from oa_api.http.request_parsing import raw_body

MEDIA_TYPE = "application/x-www-form-urlencoded"
CSRF_FIELD = "csrf"
_MAX_FIELDS = 1000


async def form_values(request: web.Request) -> list[tuple[str, str]]:
    """Return the fields of a form in their order. Raises BadRequestError, UnsupportedTypeError, TooLargeError."""
    if request.body_exists and request.content_type != MEDIA_TYPE:
        raise UnsupportedTypeError(f"send {MEDIA_TYPE}, not {request.content_type}")
    try:
        text = (await raw_body(request)).decode("utf-8")
        return parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise BadRequestError("the form cannot be read") from error


async def form(request: web.Request, schema: Schema) -> dict[str, Any]:
    """Return a form by schema; a field that is left empty counts as left out. Raises InvalidError and those above."""
    given = {name: value for name, value in await form_values(request) if name != CSRF_FIELD and value.strip()}
    try:
        loaded: Mapping[str, Any] = schema.load(given)
    except ValidationError as error:
        fields = error.normalized_messages()  # type: ignore[no-untyped-call] # unannotated
        raise InvalidError(f"the form is not valid: {', '.join(map(str, fields))}", fields=fields) from error
    return dict(loaded)
